import type { DocumentStatus } from "../../protocol/resources/status.ts";
import { ORPHANED } from "../desired/absence.ts";
import type { Clock } from "../kube/index.ts";
import type { Metrics } from "../metrics.ts";
import type { Consumer, Link } from "../tunnel/types.ts";
import { bounded } from "./bound.ts";
import { createOutbox } from "./outbox.ts";

export interface StatusOptions {
  clock: Clock;
  metrics: Metrics;
  signal: AbortSignal;
  /** Keys whose object a new epoch lacks: whatever the controllers say, the manager reads Orphaned. */
  isOrphan: (key: string) => boolean;
  /** The manager stored that these are gone. */
  onDeletedKnown: (keys: string[]) => void;
}

/** Statuses on their way to the manager: coalesced, in bounded reports, again until it has stored them. */
export interface StatusUplink extends Consumer {
  put(statuses: readonly DocumentStatus[]): void;
}

/** Between two reports. A deployment of a second becomes a handful of reports; a person sees each within a blink. */
const INTERVAL_MS = 200;
/** A report that was not acked by then was lost at the other end: what is in it is sent anew. */
const ACK_DEADLINE_MS = 15_000;

export function createStatusUplink(options: StatusOptions): StatusUplink {
  const { clock, signal } = options;
  const outbox = createOutbox();
  let link: Link | undefined;
  let epochId = "";
  let lastSent = Number.NEGATIVE_INFINITY;
  let scheduled = false;
  const reports = options.metrics.counter("kubenova_agent_status_reports_total", "Status reports sent");
  const unfit = options.metrics.counter("kubenova_agent_statuses_unfit_total", "Statuses that fit no frame");
  options.metrics.gaugeOf(
    "kubenova_agent_statuses_waiting",
    "Statuses that the manager has not stored yet",
    () => outbox.waiting,
  );

  const after = (ms: number, act: () => void) => clock.sleep(ms, signal).then(act, () => {});
  const send = () => {
    const session = link;
    const report = session && outbox.take();
    if (!report) return;
    lastSent = clock.monotonic();
    session.send({ t: "status", n: report.n, epochId: session.welcome.epochId, items: report.items });
    reports.inc();
    void after(ACK_DEADLINE_MS, () => {
      if (link === session && outbox.reportUnderWay === report.n) {
        outbox.interrupted();
        sendSoon();
      }
    });
  };
  const sendSoon = () => {
    if (scheduled || !link) return;
    scheduled = true;
    void after(Math.max(0, lastSent + INTERVAL_MS - clock.monotonic()), () => {
      scheduled = false;
      send();
    });
  };

  return {
    put(statuses) {
      for (const status of statuses) {
        const fitting = bounded(options.isOrphan(status.key) ? orphaned(status) : status);
        if (fitting) outbox.put(fitting);
        else unfit.inc();
      }
      sendSoon();
    },
    onWelcome(session) {
      link = session;
      if (epochId !== session.welcome.epochId) outbox.newEpoch();
      ({ epochId } = session.welcome);
      sendSoon();
    },
    onFrame(frame) {
      if (frame.t !== "status-ack") return;
      const known = outbox.acked(frame.n);
      const gone = known.filter(({ phase }) => phase === "Deleted").map(({ key }) => key);
      if (gone.length > 0) options.onDeletedKnown(gone);
      sendSoon();
    },
    onLost() {
      link = undefined;
      outbox.interrupted();
    },
  };
}

const orphaned = (status: DocumentStatus): DocumentStatus =>
  status.phase === "Deleting" || status.phase === "Deleted"
    ? status
    : { ...status, phase: "Orphaned", message: ORPHANED };
