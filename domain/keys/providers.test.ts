import { describe, expect, it } from "vitest";
import { parseKekProviders } from "./providers.ts";

const ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

describe("the providers of key-encryption keys", () => {
  it("are the ring alone where none is named", () => {
    expect(parseKekProviders("")).toEqual([{ kind: "ring" }]);
    expect(parseKekProviders(" , ")).toEqual([{ kind: "ring" }]);
  });

  it("come in their order, the last being the primary; the ring is first where it is not named", () => {
    const kinds = (text: string) => parseKekProviders(text).map(({ kind }) => kind);
    expect(kinds(`aws-kms:${ARN}`)).toEqual(["ring", "aws-kms"]);
    expect(kinds(`vault:https://vault.example.com/transit/kn, aws-kms:${ARN}`)).toEqual([
      "ring",
      "vault",
      "aws-kms",
    ]);
    expect(kinds(`aws-kms:${ARN},ring`)).toEqual(["aws-kms", "ring"]);
  });

  it("are read into what is asked", () => {
    expect(parseKekProviders(`aws-kms:${ARN}`)[1]).toEqual({
      kind: "aws-kms",
      name: `aws-kms:${ARN}`,
      arn: ARN,
      region: "eu-central-1",
      host: "kms.eu-central-1.amazonaws.com",
    });
    const china = parseKekProviders("aws-kms:arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1")[1];
    expect(china).toMatchObject({ host: "kms.cn-north-1.amazonaws.com.cn" });
    expect(parseKekProviders("vault:https://vault.example.com:8200/team/transit/kubenova")[1]).toEqual({
      kind: "vault",
      name: "vault:team/transit/kubenova",
      url: "https://vault.example.com:8200",
      mount: "team/transit",
      key: "kubenova",
    });
    expect(parseKekProviders("vault:http://127.0.0.1:8200/transit/kn")[1]).toMatchObject({ kind: "vault" });
  });

  it.each([
    ["gcp:x", "entry 1 is not ring"],
    ["ring,ring", "ring twice"],
    [`aws-kms:${ARN},aws-kms:${ARN}`, "twice"],
    [`ring,aws-kms:${ARN.replace("key/", "alias/")}`, "entry 2 is not the ARN of a key"],
    ["aws-kms:", "entry 1 is not the ARN"],
    ["vault:", "has no URL"],
    ["vault:http://vault.example.com/transit/kn", "does not begin with https://"],
    ["vault:ftp://127.0.0.1/transit/kn", "does not begin with https://"],
    ["vault:https://vault.example.com/kn", "does not end with /<mount>/<key>"],
    ["vault:https://vault.example.com/transit/", "does not end with /<mount>/<key>"],
    ["vault:https://vault.example.com/transit/a%20b", "does not end with /<mount>/<key>"],
    ["vault:https://user:hunter2@vault.example.com/transit/kn", "more than an address and a path"],
  ])("are refused where they are none: %s", (text, message) => {
    expect(() => parseKekProviders(text)).toThrow(message);
    expect(() => parseKekProviders(text)).not.toThrow("hunter2");
  });
});
