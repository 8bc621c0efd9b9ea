import { describe, expect, it } from "vitest";
import type { Identity } from "./options.ts";
import { callerHeaders, identityHeaders, requestHeaders } from "./request-headers.ts";

describe("impersonation headers", () => {
  it("name a ServiceAccount as the API server does", () => {
    expect(identityHeaders({ namespace: "shop", serviceAccount: "kubenova-applier" })).toEqual({
      "Impersonate-User": "system:serviceaccount:shop:kubenova-applier",
    });
  });

  it("carry a person's groups, uid and extras", () => {
    const identity = {
      user: "ann",
      groups: ["dev", "ops"],
      uid: "7",
      extra: { "scopes.example.org/x": ["a"] },
    };
    expect(identityHeaders(identity)).toEqual({
      "Impersonate-User": "ann",
      "Impersonate-Group": ["dev", "ops"],
      "Impersonate-Uid": "7",
      "Impersonate-Extra-scopes.example.org%2Fx": ["a"],
    });
  });

  it("encode names beyond ASCII as UTF-8 bytes", () => {
    const header = identityHeaders({ user: "zoë" })["Impersonate-User"] as string;
    expect(Buffer.from(header, "latin1").toString("utf8")).toBe("zoë");
  });

  const bad: [string, Identity][] = [
    ["an empty user, which the server would take for no impersonation", { user: "" }],
    ["a blank user", { user: "  " }],
    ["an empty group", { user: "ann", groups: [""] }],
    ["an empty namespace", { namespace: "", serviceAccount: "x" }],
    ["a namespace with a colon", { namespace: "a:b", serviceAccount: "x" }],
    ["an empty account", { namespace: "shop", serviceAccount: "" }],
    ["a line break", { user: "ann\r\nImpersonate-Group: system:masters" }],
  ];
  it.each(bad)("refuse %s", (_, identity) => {
    expect(() => identityHeaders(identity)).toThrow("request refused");
  });
});

describe("other headers", () => {
  it("ask the Audit-ID function once a request", () => {
    let n = 0;
    const auditId = () => {
      n += 1;
      return `c-${n}`;
    };
    expect(requestHeaders({ auditId })).toEqual({ "Audit-ID": "c-1" });
    expect(requestHeaders({ auditId })).toEqual({ "Audit-ID": "c-2" });
  });

  it.each([
    "Authorization",
    "impersonate-user",
    "Impersonate-Extra-x",
    "Host",
    "Audit-Id",
    "Transfer-Encoding",
  ])("refuse a caller's own %s", (name) => {
    expect(() => callerHeaders({ [name]: "x" })).toThrow("request refused");
  });
});
