import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { adminToken, api } from "../../test/workerd/api.ts";
import { isAdminKey, mintToken, TOKEN_TTL_SECONDS, verifyToken } from "./tokens.ts";

const ADMIN_KEY = env.PLATFORM_ADMIN_KEY;
const bearer = (credential: string) => ({ headers: { authorization: `Bearer ${credential}` } });
const ask = (credential: string) => api("GET", "/tenants", bearer(credential));

describe("a token", () => {
  it("is given for the administrator's key, in the header or in the body, and opens the API", async () => {
    const byHeader = await api("POST", "/auth/token", { token: null, ...bearer(ADMIN_KEY) });
    expect(byHeader.status).toBe(201);
    expect((await ask(byHeader.body.token as string)).status).toBe(200);
    const byBody = await api("POST", "/auth/token", { token: null, body: { key: ADMIN_KEY } });
    expect(byBody.body).toMatchObject({ tokenType: "Bearer", expiresIn: TOKEN_TTL_SECONDS });
  });

  it("is not given for anything else", async () => {
    for (const key of ["", "x", `${ADMIN_KEY}x`, ADMIN_KEY.slice(1), await adminToken()]) {
      const answer = await api("POST", "/auth/token", { token: null, body: { key } });
      expect([answer.status, answer.code], key).toEqual([401, "KN-1100"]);
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    }
  });

  it("is good for 15 minutes", async () => {
    const now = Date.now();
    const { token } = await mintToken(env, now - TOKEN_TTL_SECONDS * 1000 - 1000);
    expect((await ask(token)).code).toBe("KN-1101");
    const { token: young } = await mintToken(env, now - TOKEN_TTL_SECONDS * 1000 + 5000);
    expect((await ask(young)).status).toBe(200);
  });

  it("that was good once is refused when its time is over, and where its key is another", async () => {
    const now = Date.now();
    const { token, expiresAt } = await mintToken(env, now);
    await expect(verifyToken(env, token, now)).resolves.toMatchObject({ kind: "platform-admin" });
    await expect(verifyToken(env, token, expiresAt - 1)).resolves.toMatchObject({ kind: "platform-admin" });
    await expect(verifyToken(env, token, expiresAt)).rejects.toMatchObject({ code: "KN-1101" });
    const rotated = { ...env, PLATFORM_ADMIN_KEY: `${ADMIN_KEY}-rotated` };
    await expect(verifyToken(rotated, token, now)).rejects.toMatchObject({ code: "KN-1100" });
    await expect(verifyToken({ ...env, PLATFORM_ADMIN_KEY: "" }, token, now)).rejects.toMatchObject({
      code: "KN-1901",
    });
  });

  it("is refused where a byte is another, another key or algorithm signed it, or the key itself is sent", async () => {
    const token = await adminToken();
    const claims = { sub: "platform-admin", jti: "x", iss: "kubenova", aud: "kubenova-api" };
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("5m")
      .sign(new TextEncoder().encode(ADMIN_KEY));
    const none = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(claims))}.`;
    const flipped = `${token.slice(0, -2)}${token.at(-2) === "A" ? "B" : "A"}${token.at(-1)}`;
    for (const credential of [forged, none, flipped, ADMIN_KEY, "a.b.c", "x"]) {
      const answer = await ask(credential);
      expect([answer.status, answer.code]).toEqual([401, "KN-1100"]);
    }
  });

  it("of another audience or issuer is refused", async () => {
    const other = { ...env, PLATFORM_ADMIN_KEY: `${ADMIN_KEY}-of-another-manager` };
    const { token } = await mintToken(other, Date.now());
    await expect(verifyToken(env, token, Date.now())).rejects.toMatchObject({ code: "KN-1100" });
  });
});

describe("a manager without a proper key", () => {
  it("refuses to work and says what to do", async () => {
    for (const key of [undefined, "", "short", "x".repeat(31)]) {
      const broken = { ...env, PLATFORM_ADMIN_KEY: key as string };
      await expect(isAdminKey(broken, "x")).rejects.toMatchObject({ code: "KN-1901" });
      await expect(verifyToken(broken, "x", 0)).rejects.toThrow("wrangler secret put PLATFORM_ADMIN_KEY");
    }
  });
});
