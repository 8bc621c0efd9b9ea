import { PLATFORM_ADMIN } from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Env } from "../env.ts";
import { verifyToken } from "../tokens/access.ts";
import { API_KEY_PREFIX, apiKeyCaller } from "./api-key.ts";
import { type Caller, knownCaller } from "./caller.ts";

/** The credential of `Authorization: Bearer …`, or undefined. */
export function bearer(request: Request): string | undefined {
  const match = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.get("authorization") ?? "");
  return match?.[1];
}

/** Who a credential says that it is; no database is read. @throws KubeNovaError KN-1100, KN-1101, KN-1110 */
export async function authenticate(request: Request, env: Env, now: number): Promise<Caller> {
  const credential = bearer(request);
  if (!credential) throw new KubeNovaError("KN-1100");
  if (credential.startsWith(API_KEY_PREFIX)) {
    const caller = await apiKeyCaller(credential);
    if (!caller) throw new KubeNovaError("KN-1100");
    return caller;
  }
  const subject = await verifyToken(env, credential, now);
  return subject.kind === "platform-admin"
    ? knownCaller(PLATFORM_ADMIN, credential)
    : { kind: "session", id: subject.id, sessionId: subject.sessionId };
}
