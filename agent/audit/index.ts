import { randomUUID } from "node:crypto";
import { factsOf, type KubernetesFact } from "../../domain/kubernetes-audit/fact.ts";
import type { AuditConfig } from "../config-audit.ts";
import { type Clock, correlationOf, type Kube } from "../kube/index.ts";
import { ownUsername } from "../kube/own-username.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Consumer } from "../tunnel/types.ts";
import { batchesOf } from "./batches.ts";
import { type Answer, startWebhook } from "./server.ts";
import { openSpool } from "./spool.ts";
import { createAuditUplink } from "./uplink.ts";

export interface AuditOptions {
  config: AuditConfig;
  /** The agent's own. */
  namespace: string;
  kube: Kube;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

export interface AuditIntake extends Consumer {
  readonly port: number;
  stop(): Promise<void>;
}

/** About a day of a quiet cluster, an hour of a busy one. */
const MAX_SPOOL_BYTES = 32 * 1024 * 1024;
/** Answers to lists of somebody who has the token. */
const UNREADABLE = new Set([400, 413]);

/** The API server's audit events, from its webhook to the manager. Works while this process leads no cluster, too. */
export async function startAudit(options: AuditOptions): Promise<AuditIntake> {
  const { config, namespace, kube, clock, log, metrics } = options;
  const ended = new AbortController();
  const { signal } = ended;
  const spool = await openSpool(config.spoolDir, MAX_SPOOL_BYTES);
  const uplink = createAuditUplink({ spool, clock, log, signal });
  const events = metrics.counter("kubenova_agent_audit_events_total", "Audit events, by what became of them");
  const requests = metrics.counter("kubenova_agent_audit_requests_total", "Lists of audit events, by answer");
  metrics.gaugeOf("kubenova_agent_audit_spool_bytes", "Audit events on disk", () => spool.bytes);
  metrics.gaugeOf(
    "kubenova_agent_audit_spool_broken",
    "Files of the spool that were lost",
    () => spool.broken,
  );
  let user: string | undefined;
  /** Since the last entry that told of it. */
  let refused = 0;
  let unfit = 0;

  const take = async (body: unknown): Promise<Answer> => {
    user ??= await ownUsername(kube, signal);
    const found = factsOf(body, { own: { user, namespace }, correlationOf });
    if (!found) return { status: 400, text: "not an EventList of audit.k8s.io/v1" };
    const { facts } = found;
    unfit += found.unfit;
    const told = { refused, unfit };
    const gap = told.refused + told.unfit > 0 ? [gapOf(user, told, clock.now())] : [];
    if (!(await spool.put(batchesOf([...gap, ...facts])))) {
      refused += facts.length;
      events.inc({ result: "refused" }, facts.length);
      return { status: 503, text: "the spool is full; send it again", retry: true };
    }
    refused -= told.refused;
    unfit -= told.unfit;
    events.inc({ result: "kept" }, facts.length);
    if (found.unfit > 0) events.inc({ result: "unfit" }, found.unfit);
    uplink.wake();
    return { status: 200, text: "taken" };
  };
  const onAnswer = (status: number) => {
    requests.inc({ status: String(status) });
    // What was in them is lost: the API server can only send the same again.
    if (UNREADABLE.has(status)) unfit += 1;
  };
  const webhook = await startWebhook({ config, log, take, onAnswer });
  log.info("listening for audit events", { port: webhook.port });
  return {
    ...uplink,
    port: webhook.port,
    async stop() {
      await webhook.close();
      ended.abort();
    },
  };
}

/** Says in the log itself that something is missing there. */
const gapOf = (user: string, told: { refused: number; unfit: number }, now: number): KubernetesFact => ({
  auditId: `gap-${randomUUID()}`,
  stage: "ResponseComplete",
  time: new Date(now).toISOString(),
  user,
  verb: "audit-gap",
  object: "kubernetes/events.audit.k8s.io/_/*",
  code: 503,
  reason: `503 ${told.refused} events were refused while the spool was full (those that the API server could not send again are missing), ${told.unfit} lists or events could not be read`,
});
