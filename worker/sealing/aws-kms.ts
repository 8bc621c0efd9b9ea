import { AwsClient } from "aws4fetch";
import type { KekProvider } from "../../domain/keys/providers.ts";
import type { Kek, WrapBound } from "./kek.ts";
import {
  askKeyService,
  base64Field,
  isAway,
  type Refusal,
  type ServiceAnswer,
  toBase64,
} from "./key-service.ts";

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Error types with which KMS says that it is not there for now, whatever the status. */
const AWAY =
  /^(ThrottlingException|LimitExceededException|DependencyTimeoutException|KMSInternalException|KeyUnavailableException|ServiceUnavailable)/;
const UNREADABLE = /^(InvalidCiphertextException|IncorrectKeyException)$/;

/**
 * A symmetric key of AWS KMS. What it wraps is the base64 of KMS's CiphertextBlob; its encryption context stands in
 * CloudTrail, and a key policy may ask for it.
 *
 * @param endpoint another one than the region's: a VPC endpoint
 */
export function awsKmsKek(
  { name, arn, region, host }: Extract<KekProvider, { kind: "aws-kms" }>,
  credentials: AwsCredentials,
  endpoint?: string,
): Kek {
  const client = new AwsClient({ ...credentials, service: "kms", region, retries: 0 });
  const url = endpoint ?? `https://${host}/`;
  const call = (operation: string, body: Record<string, unknown>) => {
    const headers = {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `TrentService.${operation}`,
    };
    const text = JSON.stringify({ KeyId: arn, ...body });
    return askKeyService(name, () => client.sign(url, { method: "POST", headers, body: text }), judge);
  };
  return {
    name,
    async wrap(dataKey, bound) {
      const answer = await call("Encrypt", {
        Plaintext: toBase64(dataKey),
        EncryptionContext: context(bound),
      });
      return toBase64(base64Field(name, answer.CiphertextBlob));
    },
    async unwrap(wrapped, bound) {
      const answer = await call("Decrypt", { CiphertextBlob: wrapped, EncryptionContext: context(bound) });
      return base64Field(name, answer.Plaintext);
    },
  };
}

const context = ({ dataKeyId, owner }: WrapBound): Record<string, string> => ({
  "kubenova:purpose": "data-key",
  "kubenova:owner": owner,
  "kubenova:data-key": dataKeyId,
});

/** KMS names an error by its type, alone or behind a namespace. */
function judge({ status, body }: ServiceAnswer): Refusal | undefined {
  if (status === 200) return undefined;
  const type = typeof body.__type === "string" ? (body.__type.split("#").at(-1) ?? "") : "";
  const reason = /^[A-Za-z]{1,64}$/.test(type) ? type : `HTTP ${status}`;
  if (isAway(status) || AWAY.test(type)) return { kind: "away", reason };
  return { kind: UNREADABLE.test(type) ? "unreadable" : "refused", reason };
}
