import { beyondMaker, keyExpiry, type Maker } from "../../../domain/access/keys.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { newApiKey } from "../../middleware/api-key.ts";
import type { Answer, Call } from "../../routing/call.ts";
import {
  type ApiKey,
  countLiveKeys,
  findExpiry,
  insertKey,
  MAX_KEYS,
  type NamedKey,
} from "../../store/api-keys.ts";
import { directory } from "../../store/database.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { iso } from "../shared/catalogue.ts";
import { accessEvent, notThere } from "../shared/giving.ts";
import type { KeyOwner } from "./homes.ts";
import { type KeyWrite, keyJson } from "./schema.ts";

/** What events say of a key. */
export const keyEventState = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  owner: key.owner,
  tenantId: key.tenantId,
  permissions: key.permissions,
  requestsPerMinute: key.requestsPerMinute,
  expiresAt: iso(key.expiresAt),
});

/** What the credential of this request is held to, and when it ends. */
export async function makerOf(call: Call): Promise<Maker> {
  const { principal } = call;
  const limits = ("limits" in principal && principal.limits) || {};
  if (!("keyId" in principal) || principal.keyId === undefined) return { limits, expiresAt: null };
  const db = directory(call.env);
  const [found] = await call.look(db, [findExpiry(db, principal.keyId)]);
  return { limits, expiresAt: Number(found?.results[0]?.at ?? 0) };
}

/** The tenant that a key is held to: its owner's, the one that is named, or that of the login which makes it. */
async function tenantFor(
  call: Call,
  owner: KeyOwner,
  named: string | undefined,
  { limits }: Maker,
): Promise<{ id: string; name: string } | null> {
  if (owner.tenant) return owner.tenant;
  if (named === undefined) {
    if (limits.tenantId === undefined) return null;
    throw notThere("tenant", "this login or key is good for one tenant only: name it");
  }
  const db = directory(call.env);
  const [found] = await call.look(db, [findTenant(db, named)]);
  const tenant = tenantOf(found?.results[0]);
  if (!tenant || !call.can("tenant:get", { tenantId: tenant.id })) {
    throw notThere("tenant", `there is no tenant '${named}'`);
  }
  return tenant;
}

/** Commits a new key; the answer shows it once. @throws KubeNovaError KN-1002, KN-1130, KN-1133, KN-1135 */
export async function makeKey(call: Call, owner: KeyOwner, write: KeyWrite, path: string): Promise<Answer> {
  const db = directory(call.env);
  const maker = await makerOf(call);
  const permissions = write.permissions ? [...new Set(write.permissions)].sort() : null;
  const expiresAt = keyExpiry(call.now, write.expiresInDays, maker);
  await owner.mayHandOut(permissions, expiresAt);
  const beyond = beyondMaker(permissions, maker);
  if (beyond.length > 0) throw new KubeNovaError("KN-1130", undefined, { missing: beyond });
  const tenant = await tenantFor(call, owner, write.tenant, maker);
  const [live] = await call.look(db, [countLiveKeys(db, owner.owner, call.now)]);
  if (Number(live?.results[0]?.count) >= MAX_KEYS)
    throw new KubeNovaError("KN-1133", undefined, { max: MAX_KEYS });
  const id = call.newId("apiKey");
  const { key: secret, hash } = await newApiKey(id);
  const key: NamedKey = {
    id,
    owner: owner.owner,
    tenantId: tenant?.id ?? null,
    tenantName: tenant?.name ?? null,
    name: write.name,
    secretHash: hash,
    previousHash: null,
    previousExpiresAt: null,
    permissions,
    requestsPerMinute: write.requestsPerMinute ?? null,
    version: 1,
    createdAt: call.now,
    createdBy: call.principal.id,
    expiresAt,
    revokedAt: null,
    lastUsedAt: null,
  };
  return call.commit({
    db,
    statements: insertKey(db, key),
    events: [accessEvent(key.tenantId, `api-key/${id}`, "key-created", { after: keyEventState(key) })],
    answer: { status: 201, body: { ...keyJson(key, call.now), key: secret }, location: `${path}/${id}` },
    secretReference: `${path}/${id}`,
  });
}
