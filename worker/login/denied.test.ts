import { beforeAll, describe, expect, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import { loggedIn as auditLog } from "../../test/workerd/audit.ts";
import { Browser } from "../../test/workerd/browser.ts";
import {
  atCallback,
  call,
  givenProvider,
  loggedIn,
  logIn,
  type Provider,
  TestIssuer,
} from "../../test/workerd/login.ts";

/** What is refused before a right is asked about stands in the audit log, too. */

let issuer: TestIssuer;
let provider: Provider;
let tenantId: string;
beforeAll(async () => {
  issuer = await TestIssuer.start();
  await call("PUT", "/tenants/denials", { body: {} });
  tenantId = (await call<{ id: string }>("GET", "/tenants/denials")).body.id;
  provider = await givenProvider(issuer, {}, "denials");
});

const about = (log: string, object: string, reason: string) =>
  until(`a note of ${object}, ${reason}`, async () => {
    const found = (await auditLog(log)).filter(
      (entry) => entry.object === object && entry.reason?.startsWith(reason),
    );
    return found[0];
  });

describe("the audit log tells of", () => {
  it("a login whose token has another nonce, in the log of the provider's tenant, counted by the minute", async () => {
    await issuer.lie({ claims: { nonce: "other" } });
    try {
      for (let i = 0; i < 5; i++)
        expect((await logIn(new Browser(), provider, "eve@acme.example")).status).toBe(502);
    } finally {
      await issuer.lie({});
    }
    const object = `identity-provider/${provider.id}`;
    const note = await about(tenantId, object, "KN-1114");
    expect(note).toMatchObject({ action: "login", outcome: "failed", actor: { kind: "stranger" } });
    const all = (await auditLog(tenantId)).filter((entry) => entry.object === object && entry.reason);
    expect(all).toHaveLength(1);
  });

  it("a callback that no login of this browser belongs to", async () => {
    const other = await givenProvider(issuer);
    const callback = await atCallback(new Browser(), other, "eve@acme.example");
    expect((await new Browser().ask(callback)).status).toBe(400);
    await about("platform", `identity-provider/${other.id}`, "KN-1113");
  });

  it("guessed device codes, of a terminal's and of a person's", async () => {
    const guess = { token: null, body: { deviceCode: `knd_${"A".repeat(43)}` } };
    expect((await call("POST", "/auth/device/token", guess)).code).toBe("KN-1118");
    await about("platform", "device-login/unknown", "KN-1118");
    const { browser, userId } = await loggedIn(provider, "ada@acme.example");
    await browser.ask("/device?user_code=BCDF-GHJK");
    const note = await about(tenantId, "device-login/unknown", "no terminal");
    expect(note).toMatchObject({ outcome: "denied", actor: { id: userId } });
  });

  it("a refresh that another site's page asks for", async () => {
    const { browser } = await loggedIn(provider, "ada@acme.example");
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    const answer = await browser.ask("/api/v1/auth/refresh", { method: "POST", headers });
    expect(answer.status).toBe(403);
    await about("platform", "session/unknown", "KN-1117");
  });

  it("who asks for logins, keys or invitations that only a user's own login has", async () => {
    const admin = "platform-admin/platform-admin";
    expect((await call("GET", "/me/sessions")).code).toBe("KN-1102");
    await about("platform", admin, "KN-1102");
    expect((await call("GET", "/me/keys")).code).toBe("KN-1135");
    const token = `inv_01KAJ7Z8Q4X2N6V0D3M5R9T1WB.${"0".repeat(64)}`;
    expect((await call("POST", "/invitations:accept", { body: { token } })).code).toBe("KN-1135");
    await about("platform", admin, "KN-1135");
  });

  it("an invitation that is not the one who accepts it", async () => {
    const body = { email: "grace@acme.example", grants: [{ role: "viewer" }] };
    const made = await call<{ id: string; token: string }>("POST", "/tenants/denials/invitations", { body });
    expect(made.status).toBe(201);
    const { token } = await loggedIn(provider, "mallory@acme.example");
    const accepted = await call("POST", "/invitations:accept", { token, body: { token: made.body.token } });
    expect(accepted.code).toBe("KN-1134");
    await about(tenantId, `invitation/${made.body.id}`, "KN-1134");
  });
});
