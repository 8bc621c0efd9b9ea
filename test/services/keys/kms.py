"""AWS KMS as moto plays it: it encrypts with AES-GCM under the encryption context, and once asked to, it lets in only
whose Signature Version 4 is right (worked out anew by botocore) and whose IAM policy allows the action.

Prints one line of JSON when it is ready. Reads lines: `deny` takes the policy away, `allow` gives it back."""

import json
import logging
import os
import sys

os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "false"
logging.getLogger("werkzeug").setLevel(logging.ERROR)

import boto3  # noqa: E402
from moto import settings  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

REGION = "eu-central-1"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"}],
}

server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
server.start()
url = f"http://127.0.0.1:{sys.argv[1]}"


def enforce(enforced):
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0 if enforced else float("inf")


def client(service):
    return boto3.client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id="root", aws_secret_access_key="root"
    )


def policy(allowed):
    enforce(False)
    if allowed:
        client("iam").put_user_policy(UserName="kubenova", PolicyName="p", PolicyDocument=json.dumps(POLICY))
    else:
        client("iam").delete_user_policy(UserName="kubenova", PolicyName="p")
    enforce(True)


enforce(False)
client("iam").create_user(UserName="kubenova")
access = client("iam").create_access_key(UserName="kubenova")["AccessKey"]
key = client("kms").create_key(Description="kubenova")["KeyMetadata"]
policy(True)
print(
    json.dumps(
        {"url": url, "arn": key["Arn"], "accessKeyId": access["AccessKeyId"], "secretAccessKey": access["SecretAccessKey"]}
    ),
    flush=True,
)
for line in sys.stdin:
    policy(line.strip() == "allow")
    print("{}", flush=True)
