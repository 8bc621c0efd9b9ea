import type { DesiredFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { CLOSE } from "../../protocol/tunnel/limits.ts";
import type { Clock } from "../kube/index.ts";
import type { Link } from "../tunnel/types.ts";
import { createLedger, type Ledger, type Refusal, type Ticket } from "./ledger.ts";
import { beginSnapshot, type Snapshot } from "./snapshot.ts";

/** One session's desired frames: what came, what of it is stored, and the acks that say so. */
export interface Intake {
  readonly epochId: string;
  onDesired(frame: DesiredFrame): void;
  onBegin(frame: FrameOf<"snapshot-begin">): void;
  onEnd(frame: FrameOf<"snapshot-end">): void;
  /** The session is over: nothing is acked any more, an incomplete snapshot is forgotten. */
  end(): void;
}

export interface IntakeOptions {
  link: Link;
  /** Where the stored state stands in the session's epoch. */
  start: number;
  clock: Clock;
  signal: AbortSignal;
  /** Writes a document; `settle` is called when it is stored or refused. */
  take: (frame: DesiredFrame, settle: (refusal?: string) => void) => void;
  /** Acts on a complete snapshot whose documents are all stored; rejects where it could not. */
  complete: (snapshot: Snapshot) => Promise<void>;
  /** What came is not what was sent. */
  onMismatch: () => void;
  /** The ack was told: everything up to `seq` is stored. */
  onAcked: (seq: number, refused: boolean) => void;
}

/** Acks of a burst go together; the manager waits for none of them but at its window. */
const ACK_DELAY_MS = 20;

interface OpenSnapshot {
  snapshot: Snapshot;
  ticket: Ticket;
  open: number;
  stored: number;
  ended: boolean;
}

export function createIntake(options: IntakeOptions): Intake {
  const { link, clock } = options;
  const { epochId } = link.welcome;
  const ledger: Ledger = createLedger(options.start);
  let current: OpenSnapshot | undefined;
  let over = false;
  let flushing = false;
  let toldStored = 0;

  const flush = () => {
    if (over) return;
    // Progress goes by itself: beside it the manager reads no seq.
    if (current && current.stored !== toldStored) {
      toldStored = current.stored;
      const snapshot = { id: current.snapshot.id, stored: current.stored };
      link.send({ t: "ack", epochId, seq: ledger.seq, snapshot });
    }
    for (let ack = ledger.take(); ack; ack = ledger.take()) {
      const refused = ack.refused.length > 0 ? { refused: ack.refused } : {};
      link.send({ t: "ack", epochId, seq: ack.seq, ...refused });
      options.onAcked(ack.seq, ack.refused.length > 0);
    }
  };
  const flushSoon = () => {
    if (flushing || over) return;
    flushing = true;
    clock.sleep(ACK_DELAY_MS, options.signal).then(
      () => {
        flushing = false;
        flush();
      },
      () => {},
    );
  };
  const settle = (ticket: Ticket, refusal?: Refusal) => {
    ledger.close(ticket, refusal);
    flushSoon();
  };
  const completeIfStored = async (opened: OpenSnapshot) => {
    if (over || opened !== current || !opened.ended || opened.open > 0) return;
    try {
      await options.complete(opened.snapshot);
    } catch {
      // Said by `complete`; without the ack, the next session brings the snapshot again.
      return;
    }
    if (over || opened !== current) return;
    current = undefined;
    settle(opened.ticket);
  };
  const violation = (reason: string) => link.end({ kind: "lost", reason }, CLOSE.protocolError);

  return {
    epochId,
    onDesired(frame) {
      const refusalOf = (message?: string): Refusal | undefined =>
        message === undefined ? undefined : { key: frame.key, revision: frame.revision, message };
      if (frame.snapshot === undefined) {
        current?.snapshot.touched.add(frame.key);
        const ticket = ledger.open(frame.seq);
        return options.take(frame, (message) => settle(ticket, refusalOf(message)));
      }
      const opened = current;
      if (frame.snapshot !== opened?.snapshot.id || opened.ended)
        return violation("a frame of no open snapshot");
      opened.snapshot.add({ key: frame.key, revision: frame.revision, digest: frame.digest ?? "" });
      opened.open += 1;
      // Its refusals travel by themselves: the snapshot's own number is acked when all of it is done.
      options.take(frame, (message) => {
        const refusal = refusalOf(message);
        if (refusal && !over) settle(ledger.open(0), refusal);
        opened.open -= 1;
        opened.stored += 1;
        flushSoon();
        void completeIfStored(opened);
      });
    },
    onBegin(frame) {
      if (frame.epochId !== epochId) return violation("a snapshot of another epoch");
      if (current) return violation("a snapshot inside of a snapshot");
      toldStored = 0;
      const ticket = ledger.open(frame.seq);
      current = { snapshot: beginSnapshot(frame), ticket, open: 0, stored: 0, ended: false };
    },
    onEnd(frame) {
      const opened = current;
      if (frame.snapshot !== opened?.snapshot.id || opened.ended)
        return violation("the end of no open snapshot");
      void opened.snapshot.matches(frame).then((matches) => {
        if (over || opened !== current) return;
        if (!matches) {
          // Its documents stay written; what it lacks is not known, so that nothing goes.
          current = undefined;
          return options.onMismatch();
        }
        opened.ended = true;
        void completeIfStored(opened);
      });
    },
    end() {
      over = true;
      current = undefined;
    },
  };
}
