import type { DesiredFrame } from "../../protocol/tunnel/frames.ts";
import { errorText } from "../log.ts";
import { within } from "../tracing/tracer.ts";
import type { Link } from "../tunnel/types.ts";
import { settleAbsences } from "./absence.ts";
import { createBook } from "./book.ts";
import { checkFrame, RefusedError } from "./document.ts";
import { createIntake, type Intake } from "./intake.ts";
import { type LiveObjects, nothingLive } from "./live-objects.ts";
import { createKeyQueue } from "./queue.ts";
import { createSnapshotRequests } from "./requests.ts";
import type { Snapshot } from "./snapshot.ts";
import { createStateStore } from "./state.ts";
import { createTelling } from "./telling.ts";
import type { DesiredOptions, DesiredStore } from "./types.ts";
import { watchOurs } from "./watch.ts";
import { refusalOf } from "./welcome.ts";
import { createWriter } from "./write.ts";
import { writeSpan } from "./write-span.ts";

const READ_ONLY = "cluster is read-only";
/** At the process's end; without the newest state, the next start asks for a little more. */
const SAVE_DEADLINE_MS = 1_500;

/** See {@link DesiredStore}. Rejects where the stored state cannot be asked for. */
export async function startDesired(options: DesiredOptions): Promise<DesiredStore> {
  const { log, clock, signal, readOnly } = options;
  const store = createStateStore(options);
  const book = createBook(store, await store.load());
  const requests = createSnapshotRequests({ clock, signal, renew: options.renew });
  if (book.state?.refused) requests.ask("documents were refused before the restart");
  let intake: Intake | undefined;
  let sawRefusal = false;
  let clusterId = book.state?.clusterId;

  const telling = createTelling({
    ...{ options, book },
    isThere: (key) => objects.withKey(key).length > 0,
    waiting: () => queue.size,
  });
  const objects: LiveObjects = readOnly
    ? nothingLive
    : watchOurs(options, {
        ...{ book, report: telling.report, ask: requests.ask },
        drifted: (live) => writer.drifted(live),
        ownCluster: () => clusterId,
      });
  const writer = createWriter(options.kube, objects);

  const queue = createKeyQueue({
    clock,
    random: options.random,
    signal,
    async attempt(job) {
      const { item, epochId } = job;
      if (item.op === "upsert") {
        const work = () => writer.apply(item, epochId);
        return telling.written(job, await within(writeSpan(options.tracer, item), work));
      }
      book.deleting(item.key, item.revision);
      telling.written(job, await writer.remove(item, epochId));
    },
    onPending: telling.pending,
    onRefused: ({ item }, message) => telling.refused(item, message),
  });

  const take = (link: Link, frame: DesiredFrame, settle: (refusal?: string) => void) => {
    const refuse = (message: string) => {
      telling.refused(frame, message);
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
    const { epoch, epochId, clusterId } = welcome;
    const of = { clusterId, epochId, epoch };
    try {
      await objects.allSynced;
      await settleAbsences(snapshot, { objects, writer, book, log, report: telling.report });
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
      const { epochId } = link.welcome;
      clusterId = link.welcome.clusterId;
      const former = book.state?.clusterId;
      if (former !== undefined && former !== clusterId) {
        const what = "another control plane than before: what belongs to the former one is left as it is";
        log.warn(what, { former, clusterId });
        book.forget();
      }
      const refusal = refusalOf(link.welcome, book.state, requests.wanted);
      if (refusal) return link.end(refusal.ending, refusal.closeCode);
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
