import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { DesiredFrame } from "../../protocol/tunnel/frames.ts";
import { CLOSE } from "../../protocol/tunnel/limits.ts";
import type { Clock, Kube, Random } from "../kube/index.ts";
import { errorText, type Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Consumer, Link } from "../tunnel/types.ts";
import { checkFrame, type DesiredItem, RefusedError } from "./document.ts";
import { createIntake, type Intake } from "./intake.ts";
import { type Live, type LiveObjects, watchLive } from "./live.ts";
import { createKeyQueue, type Job } from "./queue.ts";
import { createSnapshotRequests } from "./requests.ts";
import { fateOf, type Snapshot } from "./snapshot.ts";
import { createStateStore, type DesiredState } from "./state.ts";
import { createWriter, type Outcome } from "./write.ts";

export interface DesiredOptions {
  kube: Kube;
  /** The client that may write the state's ConfigMap. */
  own: Kube;
  namespace: string;
  /** Nothing is written but refusals are told. */
  readOnly: boolean;
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
  signal: AbortSignal;
  /** Phases that only this part knows: Pending, Refused, Deleting, Deleted, Orphaned. */
  report: (status: DocumentStatus) => void;
  /** Starts another session: it brings the snapshot that the next hello asks for. */
  renew: (reason: string) => void;
}

/**
 * The desired state in the cluster: documents from the manager become custom resources. Bodies are held only until they
 * are stored. What must hold: nothing is acked before the API server has it, an older revision never overwrites a newer
 * one, and nothing is deleted but by a tombstone or by a complete snapshot of an epoch that was known before.
 */
export interface DesiredStore extends Consumer {
  /** For the hello; undefined asks for a snapshot. */
  cursor(): { epochId: string; seq: number } | undefined;
  isOrphan(key: string): boolean;
  managed(): { tenants: number; projects: number; apps: number };
  /** The manager knows that these are gone. */
  confirmDeleted(keys: readonly string[]): void;
  /** Documents that wait to be written. */
  readonly pending: number;
  /**
   * Resolves when the watches have ended. With `save`, what the next start needs is stored first: not where the Lease
   * was lost, since another agent writes it then.
   */
  stop(options: { save: boolean }): Promise<void>;
}

const READ_ONLY = "cluster is read-only";
/** At the process's end; without the newest state, the next start asks for a little more. */
const SAVE_DEADLINE_MS = 1_500;

export async function startDesired(options: DesiredOptions): Promise<DesiredStore> {
  const { log, clock, signal, readOnly } = options;
  const store = createStateStore(options);
  const documents = options.metrics.counter(
    "kubenova_agent_documents_total",
    "Desired documents, by outcome",
  );
  let state = await store.load();
  let intake: Intake | undefined;

  const requests = createSnapshotRequests({ clock, signal, renew: options.renew });
  if (state?.refused) requests.ask("documents were refused before the restart");

  const report = (key: string, revision: number, phase: DocumentStatus["phase"], message?: string) =>
    options.report({
      key,
      revision,
      phase,
      ...(message === undefined ? {} : { message: message.slice(0, 1024) }),
      since: new Date(clock.now()).toISOString(),
    });
  const change = (patch: Partial<DesiredState>) => {
    if (!state) return;
    state = { ...state, ...patch };
    store.save(state);
  };
  const remember = (key: string, revision: number) =>
    change({ deleting: { ...state?.deleting, [key]: revision } });
  const forget = (keys: readonly string[]) => {
    if (!state || !keys.some((key) => state?.deleting[key] !== undefined)) return;
    const dropped = new Set(keys);
    const left = Object.entries(state.deleting).filter(([key]) => !dropped.has(key));
    change({ deleting: Object.fromEntries(left) });
  };

  const onGone = (live: Live) => {
    const { key } = live;
    if (key === undefined || objects.withKey(key).length > 0) return;
    const revision = deleting.get(key);
    if (revision !== undefined) return report(key, revision, "Deleted");
    log.warn("a custom resource was deleted by somebody else", { kind: live.kind, name: live.name, key });
    requests.ask("a custom resource was deleted by somebody else");
  };
  const onChanged = (live: Live) => {
    if (!writer.drifted(live)) return;
    log.warn("a custom resource was changed by somebody else", { kind: live.kind, name: live.name });
    requests.ask("a custom resource was changed by somebody else");
  };
  /** Tombstones of this term, whose objects are going: `state` may not exist yet when the first comes. */
  const deleting = new Map(Object.entries(state?.deleting ?? {}));
  const objects: LiveObjects = readOnly
    ? nothingLive
    : watchLive({
        kube: options.kube,
        clock,
        onChanged,
        onGone,
        onError: (error) => log.warn("watching custom resources", { error: errorText(error) }),
      });
  const writer = createWriter(options.kube, objects);
  const goneMeanwhile = objects.allSynced.then(() => {
    for (const [key, revision] of deleting) {
      if (objects.withKey(key).length === 0) report(key, revision, "Deleted");
    }
  });
  goneMeanwhile.catch(() => {});

  const told = (job: Job, outcome: Outcome) => {
    const { key, revision, op, correlationId } = job.item;
    documents.inc({ op, outcome });
    log.debug("document", { key, revision, op, outcome, correlationId });
    if (op === "upsert") {
      if (outcome === "stale" || !deleting.delete(key)) return;
      return forget([key]);
    }
    if (outcome === "stale" && deleting.delete(key)) return forget([key]);
    if (outcome === "deleting") report(key, revision, "Deleting");
    if (outcome === "gone") report(key, revision, "Deleted");
  };
  const queue = createKeyQueue({
    clock,
    random: options.random,
    signal,
    async attempt(job) {
      const { item, epochId } = job;
      if (item.op === "upsert") return told(job, await writer.apply(item, epochId));
      deleting.set(item.key, item.revision);
      remember(item.key, item.revision);
      told(job, await writer.remove(item, epochId));
    },
    onPending({ item }, message) {
      log.warn("a document cannot be stored yet", { ...namesOf(item), message });
      report(item.key, item.revision, "Pending", message);
    },
    onRefused({ item }, message) {
      documents.inc({ op: item.op, outcome: "refused" });
      log.warn("a document is refused", { ...namesOf(item), message });
      report(item.key, item.revision, "Refused", message);
    },
  });

  const take = (link: Link, frame: DesiredFrame, settle: (refusal?: string) => void) => {
    const refuse = (message: string) => {
      documents.inc({ op: frame.op, outcome: "refused" });
      log.warn("a document is refused", { ...namesOf(frame), message });
      report(frame.key, frame.revision, "Refused", message);
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
  let sawRefusal = false;
  const complete = async (snapshot: Snapshot, link: Link): Promise<void> => {
    const known = state?.epochId;
    try {
      await objects.allSynced;
      for (const live of objects.all()) await settleAbsent(live, fateOfLive(live, snapshot, known));
      const { epoch, epochId } = link.welcome;
      const left = Object.fromEntries(deleting);
      state = { epochId, epoch, seq: snapshot.seq, refused: sawRefusal, deleting: left };
      store.save(state);
      // A new epoch is known from here on, also by a process that starts a moment later.
      if (known !== epochId) await store.flush();
      requests.satisfied();
      log.info("snapshot stored", { epoch, seq: snapshot.seq, documents: snapshot.keys.size });
    } catch (error) {
      log.warn("a snapshot could not be completed; asking for another", { error: errorText(error) });
      requests.ask("a snapshot could not be completed");
      throw error;
    }
  };
  const settleAbsent = async (live: Live, fate: ReturnType<typeof fateOf>): Promise<void> => {
    const key = live.key ?? "";
    if (fate === "keep" || (deleting.has(key) && live.deleting)) return;
    if (fate === "orphan") {
      await writer.markOrphan(live);
      log.warn("the new epoch lacks a custom resource: it stays, as an orphan", { key, name: live.name });
      return report(
        key,
        live.revision,
        "Orphaned",
        "the manager's desired set no longer has it; it stays as it is",
      );
    }
    deleting.set(key, live.revision);
    remember(key, live.revision);
    log.info("deleting what the snapshot lacks", { key, kind: live.kind, name: live.name });
    report(key, live.revision, "Deleting");
    await writer.removeAbsent(live);
  };

  return {
    onWelcome(link) {
      const { epoch, epochId, mode } = link.welcome;
      if (state && epoch < state.epoch) {
        const reason = `the manager's epoch ${epoch} is older than ${state.epoch}, which this cluster knows; declare a new one`;
        return link.end({ kind: "refused", code: 0, reason });
      }
      if (mode === "resume" && state?.epochId !== epochId) {
        return link.end({ kind: "lost", reason: "resumed without a cursor" }, CLOSE.protocolError);
      }
      // The wish for a snapshot came while the hello was under way.
      if (mode === "resume" && requests.wanted)
        return link.end({ kind: "renew", reason: "a snapshot is wanted" });
      if (intake?.epochId !== epochId) queue.clear();
      const start = state?.epochId === epochId ? state.seq : 0;
      sawRefusal = false;
      intake = createIntake({
        link,
        start,
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
        onAcked(seq, refused) {
          if (state?.epochId === epochId && (seq > state.seq || (refused && !state.refused))) {
            change({ seq: Math.max(seq, state.seq), refused: state.refused || refused });
          }
        },
      });
    },
    onFrame(frame) {
      if (frame.t === "desired") intake?.onDesired(frame);
      else if (frame.t === "snapshot-begin") intake?.onBegin(frame);
      else if (frame.t === "snapshot-end") intake?.onEnd(frame);
    },
    onLost: () => intake?.end(),
    cursor: () => (state && !requests.wanted ? { epochId: state.epochId, seq: state.seq } : undefined),
    isOrphan: (key) => objects.withKey(key).some(({ orphaned }) => orphaned),
    managed: () => ({
      tenants: objects.count("NovaTenant"),
      projects: objects.count("NovaProject"),
      apps: objects.count("NovaApp"),
    }),
    confirmDeleted(keys) {
      for (const key of keys) deleting.delete(key);
      forget(keys);
    },
    get pending() {
      return queue.size;
    },
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

/** An object that is already marked stays an orphan until an upsert of its key or a tombstone. */
function fateOfLive(live: Live, snapshot: Snapshot, known: string | undefined): ReturnType<typeof fateOf> {
  const fate = fateOf({ key: live.key ?? "", epochId: live.epochId }, snapshot, known);
  return fate === "delete" && live.orphaned ? "orphan" : fate;
}

/** A read-only agent wrote nothing, so nothing is to be compared. */
const nothingLive: LiveObjects = {
  get: () => undefined,
  withKey: () => [],
  all: () => [],
  count: () => 0,
  synced: () => false,
  allSynced: Promise.resolve(),
  observe() {
    throw new Error("a read-only agent writes nothing");
  },
  stop: async () => {},
};
