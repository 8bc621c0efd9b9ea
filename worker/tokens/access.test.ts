import { env } from "cloudflare:workers";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { adminToken, api } from "../../test/workerd/api.ts";
import { anId } from "../../test/workerd/seed.ts";
import { mintToken, TOKEN_TTL_SECONDS, verifyToken } from "./access.ts";
import { adminTags, isAdminKey } from "./admin-key.ts";
import { signingKeys } from "./signing.ts";

const ADMIN_KEY = env.PLATFORM_ADMIN_KEY;
const ADMIN = { kind: "platform-admin" } as const;
const bearer = (credential: string) => ({ headers: { authorization: `Bearer ${credential}` } });
const ask = (credential: string) => api("GET", "/tenants", bearer(credential));
/** The ring of the tests is `test-old`, `test-new`. */
const [OLD = "", NEW = ""] = env.KEY_RING.split(",");
const withRing = (...entries: string[]) => ({ ...env, KEY_RING: entries.join(",") });

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
    const { token } = await mintToken(env, ADMIN, now - TOKEN_TTL_SECONDS * 1000 - 1000);
    expect((await ask(token)).code).toBe("KN-1101");
    const { token: young } = await mintToken(env, ADMIN, now - TOKEN_TTL_SECONDS * 1000 + 5000);
    expect((await ask(young)).status).toBe(200);
  });

  it("that was good once is refused when its time is over", async () => {
    const now = Date.now();
    const { token, expiresAt } = await mintToken(env, ADMIN, now);
    await expect(verifyToken(env, token, now)).resolves.toEqual(ADMIN);
    await expect(verifyToken(env, token, expiresAt - 1)).resolves.toEqual(ADMIN);
    await expect(verifyToken(env, token, expiresAt)).rejects.toMatchObject({ code: "KN-1101" });
  });

  it("of a user names him and his session", async () => {
    const subject = { kind: "user", id: anId("user"), sessionId: anId("session") } as const;
    const { token } = await mintToken(env, subject, Date.now());
    await expect(verifyToken(env, token, Date.now())).resolves.toEqual(subject);
  });

  it("is refused where a byte is another, another key or algorithm signed it, or the key itself is sent", async () => {
    const token = await adminToken();
    const { primary, jwks } = await signingKeys(env);
    const claims = { sub: "platform-admin", jti: "x", iss: "kubenova", aud: "kubenova-api" };
    const signed = (header: { alg: string; kid?: string }, by: CryptoKey | Uint8Array) =>
      new SignJWT(claims).setProtectedHeader(header).setIssuedAt().setExpirationTime("5m").sign(by);
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const forged = [
      await signed({ alg: "HS256", kid: primary.kid }, new TextEncoder().encode(ADMIN_KEY)),
      // The public key, taken for the secret of a HMAC.
      await signed({ alg: "HS256", kid: primary.kid }, new TextEncoder().encode(`${jwks.keys[1]?.x}`)),
      await signed({ alg: "EdDSA", kid: primary.kid }, pair.privateKey),
      await signed({ alg: "EdDSA" }, primary.privateKey),
      await signed({ alg: "EdDSA", kid: "other" }, primary.privateKey),
    ];
    const none = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(claims))}.`;
    const flipped = `${token.slice(0, -3)}${token.at(-3) === "A" ? "B" : "A"}${token.slice(-2)}`;
    for (const credential of [
      ...forged,
      none,
      flipped,
      ADMIN_KEY,
      "a.b.c",
      "x",
      `${token}${"A".repeat(9000)}`,
    ]) {
      const answer = await ask(credential);
      expect([answer.status, answer.code], credential.slice(0, 40)).toEqual([401, "KN-1100"]);
    }
  });

  it("with a claim that is not ours is refused, whoever signed it", async () => {
    const { primary } = await signingKeys(env);
    const [key] = await adminTags(env);
    const good = { sub: "platform-admin", key, jti: "x", iss: "kubenova", aud: "kubenova-api" };
    const signed = (claims: Record<string, unknown>) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "EdDSA", kid: primary.kid })
        .setIssuedAt()
        .setExpirationTime("5m")
        .sign(primary.privateKey);
    expect((await ask(await signed(good))).status).toBe(200);
    const others = [
      { aud: "other" },
      { iss: "other" },
      { sub: "somebody" },
      { sub: anId("user") },
      { key: undefined },
      { key: "x" },
      { sub: anId("user"), sid: "x" },
    ];
    for (const other of others) expect((await ask(await signed({ ...good, ...other }))).code).toBe("KN-1100");
  });
});

describe("the ring of keys", () => {
  it("signs by its primary key, and verifies by all", async () => {
    const { token } = await mintToken(withRing(OLD), ADMIN, Date.now());
    await expect(verifyToken(withRing(OLD, NEW), token, Date.now())).resolves.toEqual(ADMIN);
    const { token: newer } = await mintToken(withRing(OLD, NEW), ADMIN, Date.now());
    await expect(verifyToken(withRing(OLD), newer, Date.now())).rejects.toMatchObject({ code: "KN-1100" });
    await expect(verifyToken(withRing(NEW), newer, Date.now())).resolves.toEqual(ADMIN);
  });

  it("honours a key that was taken out not even for a token that was good a moment ago", async () => {
    const { token } = await mintToken(withRing(OLD), ADMIN, Date.now());
    await verifyToken(withRing(OLD, NEW), token, Date.now());
    await expect(verifyToken(withRing(NEW), token, Date.now())).rejects.toMatchObject({ code: "KN-1100" });
  });

  it("is published for others, and tells nothing but public keys", async () => {
    const { body, headers } = await api<JSONWebKeySet>("GET", "/.well-known/jwks.json", { token: null });
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(body.keys.map((key) => Object.keys(key).sort())).toEqual([
      ["alg", "crv", "kid", "kty", "use", "x"],
      ["alg", "crv", "kid", "kty", "use", "x"],
    ]);
    const { payload } = await jwtVerify(await adminToken(), createLocalJWKSet(body), { issuer: "kubenova" });
    expect(payload).toMatchObject({ sub: "platform-admin", aud: "kubenova-api" });
  });
});

describe("the administrator's key", () => {
  it("opens nothing where it is switched off, nor does a token that it opened before", async () => {
    const off = { ...env, BREAK_GLASS: "off" };
    const { token } = await mintToken(env, ADMIN, Date.now());
    await verifyToken(env, token, Date.now());
    await expect(verifyToken(off, token, Date.now())).rejects.toMatchObject({ code: "KN-1110" });
  });

  it("takes its tokens along when it is changed", async () => {
    const { token } = await mintToken(env, ADMIN, Date.now());
    await verifyToken(env, token, Date.now());
    const changed = { ...env, PLATFORM_ADMIN_KEY: `${ADMIN_KEY}-changed` };
    await expect(verifyToken(changed, token, Date.now())).rejects.toMatchObject({ code: "KN-1100" });
  });

  it("that is missing or short keeps the manager from working, and it says what to do", async () => {
    for (const key of [undefined, "", "short", "x".repeat(31)]) {
      const broken = { ...env, PLATFORM_ADMIN_KEY: key as string };
      await expect(isAdminKey(broken, "x")).rejects.toMatchObject({ code: "KN-1901" });
      await expect(verifyToken(broken, "x", 0)).rejects.toThrow("wrangler secret put PLATFORM_ADMIN_KEY");
    }
  });
});
