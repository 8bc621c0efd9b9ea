import type { AuditEntry } from "../../domain/audit/entry.ts";
import type { Env } from "../env.ts";
import { newId } from "../ids.ts";
import { recordEntry } from "../store/audit.ts";
import { directory, outboxStub } from "../store/database.ts";
import { randomShard } from "../store/events.ts";

type Told = Pick<AuditEntry, "actor" | "action" | "object" | "tenant"> & { reason?: string };

/** The entry of a change that no request asked for, before it takes its number. */
export function ownEntry(told: Told, now: number): AuditEntry {
  const id = newId("auditEntry", now);
  const time = new Date(now).toISOString();
  return { ...told, id, time, outcome: "success", requestId: id, correlationId: id };
}

/** A shard whose alarm brings what is committed next to its log. */
export async function armedShard(env: Env): Promise<number> {
  const shard = randomShard();
  await outboxStub(env, shard).arm();
  return shard;
}

/**
 * What a cluster's agent or object changed of it by itself, for the batch of the change: in the log of the tenant that
 * owns the cluster, else the platform's.
 */
export async function clusterEntry(
  env: Env,
  clusterId: string,
  told: Pick<Told, "action" | "reason">,
  now: number,
): Promise<D1PreparedStatement[]> {
  const db = directory(env);
  const owner = db
    .prepare("SELECT t.id FROM clusters c JOIN tenants t ON t.id = c.owner_tenant_id WHERE c.id = ?")
    .bind(clusterId)
    .first<string>("id");
  const [tenant, shard] = await Promise.all([owner, armedShard(env)]);
  const actor = { kind: "cluster", id: clusterId };
  return recordEntry(db, ownEntry({ ...told, actor, object: `cluster/${clusterId}`, tenant }, now), shard);
}
