import type { Principal } from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Env } from "../env.ts";
import { verifyToken } from "./tokens.ts";

/** The credential of `Authorization: Bearer …`, or undefined. */
export function bearer(request: Request): string | undefined {
  const match = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.get("authorization") ?? "");
  return match?.[1];
}

/** Who asks, from the token alone: no database is read. @throws KubeNovaError KN-1100, KN-1101 */
export async function authenticate(request: Request, env: Env, now: number): Promise<Principal> {
  const token = bearer(request);
  if (!token) throw new KubeNovaError("KN-1100");
  return verifyToken(env, token, now);
}
