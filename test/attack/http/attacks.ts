import { BODY_ATTACKS } from "./bodies.ts";
import { PATH_ATTACKS } from "./paths.ts";
import type { Attack, Target } from "./target.ts";
import type { WireRequest } from "./wire.ts";

export const withHeaders = (target: Target, headers: Record<string, string>): WireRequest => ({
  ...target.request,
  headers: { ...target.request.headers, ...headers },
});

const isClosed = (target: Target): boolean => !target.isPublic;
const changes = (target: Target): boolean => target.place.method !== "GET" && !target.isPublic;

const claims = { sub: "platform-admin", jti: "x", iss: "kubenova", aud: "kubenova-api", exp: 4e9 };
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const CREDENTIALS: Record<string, string> = {
  none: "",
  "of another scheme": "Basic cm9vdDpyb290",
  "of no form": "Bearer x",
  "without an algorithm": `Bearer ${part({ alg: "none" })}.${part(claims)}.`,
  "signed with nothing": `Bearer ${part({ alg: "HS256" })}.${part(claims)}.`,
  "signed by another": `Bearer ${part({ alg: "HS256" })}.${part(claims)}.${"A".repeat(43)}`,
  "with a key of its own": `Bearer ${part({ alg: "RS256", jwk: { kty: "oct", k: "AA" } })}.${part(claims)}.AA`,
  "of 30 KB": `Bearer ${"a".repeat(30_000)}`,
  "of bytes that are no text": "Bearer \xff\xfe",
  "twice the scheme": "Bearer Bearer x",
};

const credentials: Attack[] = Object.entries(CREDENTIALS).map(([name, value]) => ({
  name: `a credential ${name}`,
  on: isClosed,
  spoil: (target) => withHeaders(target, { Authorization: value }),
  codes: ["KN-1100"],
}));

/** The Worker's own code: its types are those of the edge, so it is run here and not compiled with. */
const TOKENS = new URL("../../../worker/tokens/access.ts", import.meta.url).href;
type Mint = (env: object, subject: object, now: number) => Promise<{ token: string }>;

/** A token of the manager's own keys that is right but for its time. */
export async function expired(manager: { key: string; keyRing: string }): Promise<Attack> {
  const { mintToken } = (await import(TOKENS)) as { mintToken: Mint };
  const env = { PLATFORM_ADMIN_KEY: manager.key, KEY_RING: manager.keyRing };
  const { token } = await mintToken(env, { kind: "platform-admin" }, 1_700_000_000_000);
  return {
    name: "a credential that is expired",
    on: isClosed,
    spoil: (target) => withHeaders(target, { Authorization: `Bearer ${token}` }),
    codes: ["KN-1101"],
  };
}

const keys: Attack[] = ["a b", "x".repeat(256), "\xe9", "a\tb"].map((key) => ({
  name: `an Idempotency-Key ${JSON.stringify(key.slice(0, 20))}`,
  on: changes,
  spoil: (target) => withHeaders(target, { "Idempotency-Key": key }),
  codes: ["KN-1007"],
}));

const preconditions: Attack[] = ["garbage", '"', 'W/"-1"', ",,,", '"-1","-2"', `"${"9".repeat(4000)}"`].map(
  (value) => ({
    name: `an If-Match ${JSON.stringify(value.slice(0, 20))}`,
    on: (target) => target.place.method === "PUT" && !target.passesOn,
    spoil: (target) => withHeaders(target, { "If-Match": value }),
    codes: ["KN-1301"],
  }),
);

const queries: Attack[] = ["x=1", "__proto__=1", "%", "%00=%ff", "&&&=", `${"q".repeat(20_000)}=1`].map(
  (query) => ({
    name: `a query ?${query.slice(0, 20)}`,
    on: (target) => !target.passesOn && !target.takesAnyQuery,
    spoil: ({ request }) => ({ ...request, path: `${request.path}?${query}` }),
    codes: ["KN-1002"],
  }),
);

export const ATTACKS: readonly Attack[] = [
  ...credentials,
  ...keys,
  ...preconditions,
  ...queries,
  ...BODY_ATTACKS,
  ...PATH_ATTACKS,
];
