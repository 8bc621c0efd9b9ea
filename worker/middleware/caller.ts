import type { Principal } from "../../domain/access/index.ts";

/**
 * Who a credential says that it is, before the database is asked. What it is worth is known only with the row of its
 * session or key, which comes with the first read of the request.
 */
export type Caller =
  | { kind: "known"; id: string; principal: Principal; token?: string }
  /** An access token whose signature is good. */
  | { kind: "session"; id: string; sessionId: string }
  /** An API key as it was sent: by its id, and the hash of its secret. */
  | { kind: "api-key"; id: string; secretHash: string };

/**
 * @param principal one that needs no database
 * @param token by which he came: no row says what it is worth, so it is good as long as it is good itself
 */
export const knownCaller = (principal: Principal, token?: string): Caller => ({
  kind: "known",
  id: principal.id,
  principal,
  ...(token === undefined ? {} : { token }),
});
