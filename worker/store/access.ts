import { type KeyLimits, type Principal, permissionSet } from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { sameHash } from "../keys/secret.ts";
import type { Caller } from "../middleware/caller.ts";
import { BINDINGS, type BindingValues, bindingOf, TEAMS } from "./given.ts";
import type { Row } from "./rows.ts";

/**
 * What is live of a caller: his session or key, himself, and what is given to him, all in one row. Of a tenant's realm he
 * is held to that tenant, whatever his login or key says.
 */

type LiveCaller = Exclude<Caller, { kind: "known" }>;

/** When something was used, as far as it is written down: null where never. */
export interface LastUse {
  table: "users" | "service_accounts" | "sessions" | "api_keys";
  id: string;
  at: number | null;
}

export interface LiveAccess {
  /** Why the credential, though it is a genuine one, is good for nothing now. */
  over: KubeNovaError | undefined;
  principal: Principal;
  uses: LastUse[];
}

const SESSION = `SELECT json_object('user', u.id, 'state', u.state, 'usedAt', u.last_used_at,
    'tenantId', COALESCE(u.tenant_id, s.tenant_id), 'endedAt', s.ended_at, 'expiresAt', s.expires_at, 'sessionUsedAt', s.last_used_at,
    'bindings', ${BINDINGS(`SELECT 'user/' || u.id UNION ALL ${TEAMS("'user/' || u.id")}
      UNION ALL SELECT value FROM json_each(s.groups)`)}) AS access
  FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?1 AND u.id = ?3`;

const API_KEY = `SELECT json_object('owner', k.owner, 'state', COALESCE(u.state, a.state),
    'usedAt', COALESCE(u.last_used_at, a.last_used_at), 'hash', k.secret_hash, 'previousHash', k.previous_hash,
    'previousExpiresAt', k.previous_expires_at, 'tenantId', COALESCE(u.tenant_id, k.tenant_id), 'permissions', json(k.permissions),
    'requestsPerMinute', k.requests_per_minute,
    'endedAt', k.revoked_at, 'expiresAt', k.expires_at, 'keyUsedAt', k.last_used_at,
    'bindings', ${BINDINGS(`SELECT k.owner UNION ALL ${TEAMS("k.owner")}`)}) AS access
  FROM api_keys k LEFT JOIN users u ON k.owner = 'user/' || u.id
  LEFT JOIN service_accounts a ON k.owner = 'service-account/' || a.id WHERE k.id = ?1`;

/** One row, or none where the session or key does not exist. @param now milliseconds since 1970 */
export const findAccess = (db: D1Database, caller: LiveCaller, now: number): D1PreparedStatement =>
  caller.kind === "session"
    ? db.prepare(SESSION).bind(caller.sessionId, now, caller.id)
    : db.prepare(API_KEY).bind(caller.id, now);

/** @throws KubeNovaError KN-1100 for what is no credential of ours */
export function liveAccess(row: Row | undefined, caller: LiveCaller, now: number): LiveAccess {
  if (!row) throw new KubeNovaError("KN-1100");
  const found = JSON.parse(row.access as string);
  return caller.kind === "session" ? ofSession(found, caller, now) : ofKey(found, caller, now);
}

interface FoundCredential {
  state: "active" | "disabled" | null;
  usedAt: number | null;
  tenantId: string | null;
  endedAt: number | null;
  expiresAt: number;
  bindings: BindingValues[];
}

interface FoundSession extends FoundCredential {
  user: string;
  sessionUsedAt: number | null;
}

interface FoundKey extends FoundCredential {
  owner: string;
  hash: string;
  previousHash: string | null;
  previousExpiresAt: number | null;
  permissions: string[] | null;
  requestsPerMinute: number | null;
  keyUsedAt: number | null;
}

function ofSession(found: FoundSession, { sessionId }: { sessionId: string }, now: number): LiveAccess {
  const limits = found.tenantId === null ? {} : { limits: { tenantId: found.tenantId } };
  return {
    over: overOf(found, now),
    principal: {
      kind: "user",
      id: found.user,
      sessionId,
      bindings: found.bindings.map(bindingOf),
      ...limits,
    },
    uses: [
      { table: "users", id: found.user, at: found.usedAt },
      { table: "sessions", id: sessionId, at: found.sessionUsedAt },
    ],
  };
}

function ofKey(found: FoundKey, caller: { id: string; secretHash: string }, now: number): LiveAccess {
  const isCurrent = sameHash(found.hash, caller.secretHash);
  const isPrevious =
    found.previousHash !== null &&
    (found.previousExpiresAt ?? 0) > now &&
    sameHash(found.previousHash, caller.secretHash);
  if (!isCurrent && !isPrevious) throw new KubeNovaError("KN-1100");
  const limits: KeyLimits = {
    ...(found.permissions === null ? {} : { permissions: permissionSet(found.permissions) }),
    ...(found.tenantId === null ? {} : { tenantId: found.tenantId }),
    ...(found.requestsPerMinute === null ? {} : { requestsPerMinute: found.requestsPerMinute }),
  };
  const [kind = "", id = ""] = found.owner.split("/");
  const held = { id, keyId: caller.id, bindings: found.bindings.map(bindingOf), limits };
  const isUser = kind === "user";
  return {
    over: overOf(found, now),
    principal: isUser ? { kind: "user", ...held } : { kind: "service-account", ...held },
    uses: [
      { table: isUser ? "users" : "service_accounts", id, at: found.usedAt },
      { table: "api_keys", id: caller.id, at: found.keyUsedAt },
    ],
  };
}

/** Why a session or key is over, or its owner disabled or gone. */
function overOf({ state, endedAt, expiresAt }: FoundCredential, now: number): KubeNovaError | undefined {
  if (endedAt !== null || state === null) return new KubeNovaError("KN-1100");
  if (expiresAt <= now) return new KubeNovaError("KN-1101");
  return state === "disabled" ? new KubeNovaError("KN-1103") : undefined;
}
