import type { AuditEntry } from "../audit/entry.ts";
import { CLOCK_SKEW_MS } from "../audit/query.ts";
import { canonicalJson } from "../canonical/index.ts";
import { formatId, ulidFrom } from "../ids/index.ts";
import { isDenied } from "./event.ts";
import type { KubernetesFact } from "./fact.ts";

/** What waits longer than this in an agent's spool keeps its place in the log, with this as its time. */
const MAX_AGE_MS = 30 * 24 * 60 * 60_000;

/**
 * What an entry's id is made from: all that was told. The API server sends a list again as it was, and gets the same ids;
 * whoever sends a second request under an Audit-ID that was used hides nothing.
 */
export const identityOf = (clusterId: string, fact: KubernetesFact): string =>
  `${clusterId}\n${canonicalJson(fact)}`;

export interface Told {
  clusterId: string;
  /** In whose log it is to stand; null for the platform's. */
  tenantId: string | null;
  /** SHA-256 of {@link identityOf}. */
  digest: Uint8Array;
  /** Of the manager, in milliseconds since 1970: the cluster's clock is not trusted far. */
  now: number;
}

/** How a request to a cluster's API server stands in the log. */
export function entryOf(fact: KubernetesFact, { clusterId, tenantId, digest, now }: Told): AuditEntry {
  const told = Date.parse(fact.time);
  const time = Math.min(Math.max(told, now - MAX_AGE_MS), now + CLOCK_SKEW_MS);
  const { groups, as, reason, address, count } = fact;
  return {
    id: formatId("auditEntry", ulidFrom(Math.max(told, 0), digest)),
    time: new Date(time).toISOString(),
    source: "kubernetes",
    cluster: clusterId,
    actor: { kind: "kubernetes", id: fact.user, ...(groups ? { groups } : {}) },
    ...(as ? { onBehalfOf: { kind: "kubernetes", id: as } } : {}),
    action: `kubernetes:${fact.verb}`,
    object: fact.object,
    tenant: tenantId,
    outcome: outcomeOf(fact),
    ...(reason ? { reason } : {}),
    requestId: fact.auditId,
    correlationId: fact.correlationId ?? fact.auditId,
    ...(address ? { address } : {}),
    ...(count ? { count } : {}),
  };
}

const outcomeOf = ({ code, stage }: KubernetesFact): AuditEntry["outcome"] =>
  isDenied(code) ? "denied" : code >= 400 || stage === "Panic" ? "failed" : "success";
