import type { DesiredFrame } from "../../protocol/tunnel/frames.ts";
import { CLOSE } from "../../protocol/tunnel/limits.ts";
import { errorText } from "../log.ts";
import { within } from "../tracing/tracer.ts";
import type { Link } from "../tunnel/types.ts";
import { type AbsenceOptions, settleAbsences } from "./absence.ts";
import { createBook } from "./book.ts";
import { checkFrame, type DesiredItem, RefusedError } from "./document.ts";
import { createIntake, type Intake } from "./intake.ts";
import { type LiveObjects, nothingLive } from "./live.ts";
import { createKeyQueue, type Job } from "./queue.ts";
import { createSnapshotRequests } from "./requests.ts";
import type { Snapshot } from "./snapshot.ts";
import { createStateStore } from "./state.ts";
import type { DesiredOptions, DesiredStore } from "./types.ts";
import { watchOurs } from "./watch.ts";
import { createWriter, type Outcome } from "./write.ts";

const READ_ONLY = "cluster is read-only";
/** At the process's end; without the newest state, the next start asks for a little more. */
const SAVE_DEADLINE_MS = 1_500;

/** See {@link DesiredStore}. Rejects where the stored state cannot be asked for. */
export async function startDesired(options: DesiredOptions): Promise<DesiredStore> {
  const { log, clock, signal, readOnly } = options;
  const store = createStateStore(options);
  const book = createBook(store, await store.load());
  const outcomes = options.metrics.counter("kubenova_agent_documents_total", "Desired documents, by outcome");
  const requests = createSnapshotRequests({ clock, signal, renew: options.renew });
  if (book.state?.refused) requests.ask("documents were refused before the restart");
  let intake: Intake | undefined;
  let sawRefusal = false;
  let clusterId = book.state?.clusterId;

  const report: AbsenceOptions["report"] = (key, revision, phase, message) =>
    options.report({
      key,
      revision,
      phase,
      ...(message === undefined ? {} : { message: message.slice(0, 1024) }),
      since: new Date(clock.now()).toISOString(),
    });
  const objects: LiveObjects = readOnly
    ? nothingLive
    : watchOurs(options, {
        ...{ book, report, ask: requests.ask },
        drifted: (live) => writer.drifted(live),
        ownCluster: () => clusterId,
      });
  const writer = createWriter(options.kube, objects);

  const told = ({ item }: Job, outcome: Outcome) => {
    const { key, revision, op } = item;
    outcomes.inc({ op, outcome });
    log.debug("document", { ...namesOf(item), op, outcome });
    if (op === "upsert") return outcome === "stale" ? undefined : book.notDeleting([key]);
    if (outcome === "stale") return book.notDeleting([key]);
    // It may have gone before the answer to its deletion came: that was told, and nothing tells it again.
    const isThere = outcome === "deleting" && objects.withKey(key).length > 0;
    report(key, revision, isThere ? "Deleting" : "Deleted");
  };
  const refused = (item: DesiredFrame | DesiredItem, message: string) => {
    outcomes.inc({ op: item.op, outcome: "refused" });
    log.warn("a document is refused", { ...namesOf(item), message });
    report(item.key, item.revision, "Refused", message);
  };
  const write = (item: DesiredItem & { op: "upsert" }, epochId: string) => {
    const { kind, metadata } = item.resource;
    const attributes = {
      "kubenova.desired_key": item.key,
      "kubenova.desired_revision": item.revision,
      "kubenova.correlation_id": item.correlationId,
      "k8s.namespace.name": metadata.namespace,
    };
    const name = `write ${kind} ${metadata.name}`;
    const span = options.tracer.start(name, item.traceparent, attributes, "consumer");
    return within(span, () => writer.apply(item, epochId));
  };
  const queue = createKeyQueue({
    clock,
    random: options.random,
    signal,
    async attempt(job) {
      const { item, epochId } = job;
      if (item.op === "upsert") return told(job, await write(item, epochId));
      book.deleting(item.key, item.revision);
      told(job, await writer.remove(item, epochId));
    },
    onPending({ item }, message) {
      log.warn("a document cannot be stored yet", { ...namesOf(item), message });
      report(item.key, item.revision, "Pending", message);
    },
    onRefused: ({ item }, message) => refused(item, message),
  });

  const waiting = "kubenova_agent_documents_waiting";
  options.metrics.gaugeOf(waiting, "Desired documents that are not stored yet", () => queue.size);

  const take = (link: Link, frame: DesiredFrame, settle: (refusal?: string) => void) => {
    const refuse = (message: string) => {
      refused(frame, message);
      settle(message);
    };
    if (readOnly || link.welcome.clusterMode === "read-only") return refuse(READ_ONLY);
    try {
      queue.push({ item: checkFrame(frame), epochId: link.welcome.epochId, settle });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refuse(error.message);
    }
  };
  const complete = async (snapshot: Snapshot, { welcome }: Link): Promise<void> => {
    const { epoch, epochId } = welcome;
    const of = { clusterId: welcome.clusterId, epochId, epoch };
    try {
      await objects.allSynced;
      await settleAbsences(snapshot, { objects, writer, book, log, report });
      await book.snapshotStored({ ...of, seq: snapshot.seq, refused: sawRefusal });
      requests.satisfied();
      log.info("snapshot stored", { epoch, seq: snapshot.seq, documents: snapshot.keys.size });
    } catch (error) {
      log.warn("a snapshot could not be completed; asking for another", { error: errorText(error) });
      requests.ask("a snapshot could not be completed");
      throw error;
    }
  };
  const openIntake = (link: Link): Intake => {
    const { epochId } = link.welcome;
    sawRefusal = false;
    return createIntake({
      link,
      start: book.state?.epochId === epochId ? book.state.seq : 0,
      clock,
      signal,
      take: (frame, settle) =>
        take(link, frame, (refusal) => {
          sawRefusal ||= refusal !== undefined;
          settle(refusal);
        }),
      complete: (snapshot) => complete(snapshot, link),
      onMismatch() {
        log.warn("a snapshot was not what its end says; nothing is deleted, asking for another");
        requests.ask("the snapshot did not match its digest");
      },
      onAcked: (seq, withRefusals) => book.acked(epochId, seq, withRefusals),
    });
  };

  return {
    onWelcome(link) {
      const { epoch, epochId, mode } = link.welcome;
      clusterId = link.welcome.clusterId;
      if (book.state?.clusterId !== undefined && book.state.clusterId !== clusterId) {
        log.warn("another control plane than before: what belongs to the former one is left as it is", {
          former: book.state.clusterId,
          clusterId,
        });
        book.forget();
      }
      const { state } = book;
      if (state && epoch < state.epoch) {
        const reason = `the manager's epoch ${epoch} is older than ${state.epoch}, which this cluster knows; declare a new one`;
        return link.end({ kind: "refused", code: 0, reason });
      }
      if (mode === "resume" && state?.epochId !== epochId) {
        return link.end({ kind: "lost", reason: "resumed without a cursor" }, CLOSE.protocolError);
      }
      // The wish for a snapshot came while the hello was under way.
      if (mode === "resume" && requests.wanted) {
        return link.end({ kind: "renew", reason: "a snapshot is wanted" });
      }
      if (intake?.epochId !== epochId) queue.clear();
      intake = openIntake(link);
    },
    onFrame(frame) {
      if (frame.t === "desired") intake?.onDesired(frame);
      else if (frame.t === "snapshot-begin") intake?.onBegin(frame);
      else if (frame.t === "snapshot-end") intake?.onEnd(frame);
    },
    onLost: () => intake?.end(),
    cursor: () =>
      book.state && !requests.wanted ? { epochId: book.state.epochId, seq: book.state.seq } : undefined,
    isOrphan: (key) => objects.withKey(key).some(({ orphaned }) => orphaned),
    managed: () => ({
      tenants: objects.count("NovaTenant"),
      projects: objects.count("NovaProject"),
      apps: objects.count("NovaApp"),
    }),
    confirmDeleted: (keys) => book.notDeleting(keys),
    async stop({ save }) {
      intake?.end();
      const unsaved = (error: unknown) => log.warn("the state is not stored", { error: errorText(error) });
      if (save) await Promise.race([store.flush().catch(unsaved), clock.sleep(SAVE_DEADLINE_MS)]);
      await objects.stop();
    },
  };
}

const namesOf = ({ key, revision, correlationId }: DesiredFrame | DesiredItem) => ({
  key,
  revision,
  correlationId,
});
