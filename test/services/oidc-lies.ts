import {
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
  UnsecuredJWT,
} from "jose";

/** What is wrong with an ID token, or with the discovery document. */
export interface Lie {
  /** Fields of the discovery document in the place of the true ones. */
  discovery?: Record<string, unknown>;
  /** Claims in the place of the true ones; null takes one away. */
  claims?: Record<string, unknown>;
  /** `none`: unsigned. `HS256`: by the client's secret. `stranger`: by a key that the provider does not publish. */
  sign?: "none" | "HS256" | "stranger";
  /** A token of so many characters. */
  padding?: number;
  secret?: string;
}

/** The same token with the lie in it, signed as the provider signs unless the lie is the signature. */
export async function lyingToken(token: string, keys: JWK[], lie: Lie): Promise<string> {
  if (Object.keys(lie).length === 0) return token;
  const claims: Record<string, unknown> = { ...decodeJwt(token), ...lie.claims };
  for (const [name, value] of Object.entries(claims)) if (value === null) delete claims[name];
  if (lie.padding) claims.padding = "x".repeat(lie.padding);
  const { alg = "", kid = "" } = decodeProtectedHeader(token);
  if (lie.sign === "none") return new UnsecuredJWT(claims).encode();
  const jwt = new SignJWT(claims);
  if (lie.sign === "HS256") {
    return jwt.setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(lie.secret));
  }
  if (lie.sign === "stranger") {
    const pair = await generateKeyPair("ES256");
    return jwt.setProtectedHeader({ alg: "ES256", kid }).sign(pair.privateKey);
  }
  const key = keys.find((each) => each.kid === kid);
  return jwt.setProtectedHeader({ alg, kid }).sign(await importJWK(key as JWK, alg));
}
