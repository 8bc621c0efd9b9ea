import { expiryOf } from "../../domain/identity/refresh.ts";
import { addressOf } from "../limits/login.ts";
import type { Call } from "../routing/call.ts";
import type { Session } from "../store/sessions.ts";
import { mintToken, TOKEN_TTL_SECONDS } from "../tokens/access.ts";
import { mintRefreshToken } from "../tokens/refresh.ts";

const MAX_USER_AGENT = 256;

/** By whom a person logged in, which is as long as the login itself. */
export interface LoginSource {
  userId: string;
  providerId: string;
  /** The provider's tenant: such a login is good for that tenant alone. */
  tenantId: string | null;
  /** `group/idp_…/<name>` */
  groups: string[];
  /** When his provider said so, where that was earlier: a login that was handed on lasts no longer than it. */
  createdAt?: number;
}

/** From where a person logged in. */
export const originOf = (request: Request): { address: string | null; userAgent: string | null } => ({
  address: addressOf(request) ?? null,
  userAgent: request.headers.get("user-agent")?.slice(0, MAX_USER_AGENT) ?? null,
});

export interface NewSession {
  row: Session;
  refreshToken: string;
}

/** A login that begins now. */
export async function newSession(
  call: Pick<Call, "env" | "newId" | "now" | "request">,
  source: LoginSource,
  origin = originOf(call.request),
): Promise<NewSession> {
  const id = call.newId("session");
  const { text, hash } = await mintRefreshToken(call.env, id, 1);
  const row: Session = {
    id,
    createdAt: call.now,
    ...source,
    expiresAt: expiryOf(source.createdAt ?? call.now, call.now),
    endedAt: null,
    endedBecause: null,
    refreshHash: hash,
    generation: 1,
    rotatedAt: null,
    ...origin,
    lastUsedAt: call.now,
  };
  return { row, refreshToken: text };
}

/** What a client gets that has logged in or refreshed; browsers get the refresh token in a cookie instead. */
export async function tokensOf(
  call: Pick<Call, "env" | "now">,
  session: Pick<Session, "id" | "userId" | "expiresAt">,
  refreshToken: string | undefined,
) {
  const subject = { kind: "user", id: session.userId, sessionId: session.id } as const;
  const { token, expiresAt } = await mintToken(call.env, subject, call.now);
  return {
    token,
    tokenType: "Bearer" as const,
    expiresIn: TOKEN_TTL_SECONDS,
    expiresAt: new Date(expiresAt).toISOString(),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    refreshExpiresAt: new Date(session.expiresAt).toISOString(),
    sessionId: session.id,
  };
}
