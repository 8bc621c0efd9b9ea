import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuditEntry } from "./entry.ts";
import { redactEntry, redactText } from "./redact.ts";

const MAX = 512;
const chars = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const URL64 = `${UPPER}${LOWER}${DIGITS}-_`;
const ulid = chars("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 25).map((rest) => `0${rest}`);
const random = chars(URL64, 24, 43);

/** A text with a secret in it, and the part of it that may never be seen. */
const planted: Record<string, fc.Arbitrary<{ text: string; secret: string }>> = {
  "an API key": fc
    .tuple(ulid, chars(URL64, 43))
    .map(([id, secret]) => ({ text: `kn_${id}_${secret}`, secret })),
  "a join token": fc.tuple(ulid, random).map(([id, secret]) => ({ text: `jtk_${id}.${secret}`, secret })),
  "a JWT": fc
    .tuple(random, random, random)
    .map(([a, b, secret]) => ({ text: `eyJ${a}.${b}.${secret}`, secret })),
  "a bearer token": random.map((secret) => ({ text: `Authorization: Bearer ${secret}`, secret })),
  "a password in a URL": fc
    .tuple(fc.constantFrom("https", "postgres", "redis"), chars(LOWER, 0, 8), random)
    .map(([scheme, user, secret]) => ({ text: `${scheme}://${user}:${secret}@db.example/app`, secret })),
  "a private key": fc
    .tuple(fc.constantFrom("", "RSA ", "EC ", "OPENSSH "), random, fc.boolean())
    .map(([kind, secret, whole]) => ({
      text: `-----BEGIN ${kind}PRIVATE KEY-----\n${secret}\n${whole ? `-----END ${kind}PRIVATE KEY-----` : ""}`,
      secret,
    })),
  "a named secret": fc
    .tuple(
      fc.constantFrom("password", "client_secret", "token", "apiKey", "PASSWORD", "refresh_token"),
      fc.constantFrom("=", ": ", '":"', "='"),
      random,
    )
    .map(([name, how, secret]) => ({ text: `${name}${how}${secret}`, secret })),
  "a key of the ring": chars(`${UPPER}${LOWER}${DIGITS}+/`, 43).map((secret) => ({
    text: `k1:${secret}=`,
    secret,
  })),
  "a service's token": fc
    .tuple(fc.constantFrom("ghp_", "glpat-", "xoxb-", "hvs.", "npm_"), random)
    .map(([prefix, secret]) => ({ text: prefix + secret, secret })),
  "an e-mail address": fc
    .tuple(chars(LOWER, 6, 12), chars(LOWER, 3, 9))
    .map(([name, host]) => ({ text: `${name}@${host}.example`, secret: `${name}@${host}` })),
};

const around = chars(`${LOWER}${DIGITS}.`, 0, 30).map((text) => text && `${text} `);

describe("a text without secrets", () => {
  it.each(Object.entries(planted))("shows nothing of %s, wherever it stands", (_kind, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, around, around, ({ text, secret }, before, after) => {
        expect(redactText(`${before}${text} ${after}`, MAX)).not.toContain(secret);
      }),
    );
  });

  it("is bounded, on one line, and stays as it is when it is redacted again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (text) => {
        const once = redactText(text, MAX);
        expect(once.length).toBeLessThanOrEqual(MAX);
        expect(once).not.toMatch(/[\n\r\t\0]/);
        expect(redactText(once, MAX)).toBe(once);
      }),
    );
  });

  it("is what was written where nothing is secret", () => {
    for (const text of [
      "The quota of 3 environments is used up (KN-1307).",
      "no such binding: developer at project/prj_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
      `sha256:${"0a".repeat(32)} is not the digest of what was sent`,
      "https://example.com/path?x=1 answered 503 after 3 tries",
    ]) {
      expect(redactText(text, MAX)).toBe(text);
    }
  });

  it("costs a long hostile text no more than its length", () => {
    const long = ["eyJ", "-----BEGIN PRIVATE KEY-----", "a@a.", "password: ", "https://a:"].map((part) =>
      part.repeat(100_000),
    );
    const started = performance.now();
    for (const text of long) redactText(text, MAX);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe("an entry", () => {
  it("is redacted where somebody else wrote something, and nowhere else", () => {
    const entry: AuditEntry = {
      id: "aud_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
      time: "2026-11-21T10:00:00.000Z",
      actor: { kind: "user", id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB" },
      action: "app:update",
      object: "app/password=hunter22",
      related: ["source/https://u:hunter22@git.example/x"],
      tenant: null,
      outcome: "failed",
      reason: "clone of https://u:hunter22@git.example/x: token: hunter22 is wrong",
      requestId: "req_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
      correlationId: "Bearer hunter22",
      after: `sha256:${"0a".repeat(32)}`,
    };
    const redacted = redactEntry(entry);
    expect(JSON.stringify(redacted)).not.toContain("hunter22");
    expect(redacted).toEqual({
      ...entry,
      object: "app/password=[secret]",
      related: ["source/https://[credentials]@git.example/x"],
      reason: "clone of https://[credentials]@git.example/x: token: [secret] is wrong",
      correlationId: "Bearer_[credentials]",
    });
  });
});
