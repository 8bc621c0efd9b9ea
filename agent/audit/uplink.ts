import { AUDIT_FEATURE } from "../../protocol/tunnel/audit-frames.ts";
import type { Clock } from "../kube/index.ts";
import { errorText, type Logger } from "../log.ts";
import type { Consumer, Link } from "../tunnel/types.ts";
import type { Batch, Spool } from "./spool.ts";

/** Brings what is in the spool to the manager, batch by batch, each again until it is acked. */
export interface AuditUplink extends Consumer {
  /** There is something new in the spool. */
  wake(): void;
}

/** A batch that was not acked by then did not come into its logs: it is sent again. */
const ACK_DEADLINE_MS = 15_000;

export function createAuditUplink(options: {
  spool: Spool;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}): AuditUplink {
  const { spool, clock, log, signal } = options;
  let link: Link | undefined;
  let underWay: { n: number; batch: Batch } | undefined;
  let isReading = false;
  let n = 0;

  const send = async () => {
    const session = link;
    if (!session || underWay || isReading) return;
    isReading = true;
    const batch = await spool.first().finally(() => {
      isReading = false;
    });
    // Of another session by now: that one's welcome asked in vain.
    if (link !== session) return wake();
    if (!batch) return;
    n += 1;
    const sent = { n, batch };
    underWay = sent;
    session.send({ t: "audit", n, items: batch.items });
    const again = () => {
      if (underWay !== sent) return;
      underWay = undefined;
      wake();
    };
    clock.sleep(ACK_DEADLINE_MS, signal).then(again, () => {});
  };
  const wake = () => {
    send().catch((error: unknown) => log.warn("the audit spool", { error: errorText(error) }));
  };
  const acked = async (batch: Batch) => {
    await spool.drop(batch);
    if (underWay?.batch === batch) underWay = undefined;
    wake();
  };

  return {
    wake,
    onWelcome(session) {
      underWay = undefined;
      if (!session.welcome.features?.includes(AUDIT_FEATURE)) {
        log.warn("this manager takes no Kubernetes audit events: they wait until it is upgraded");
        return;
      }
      link = session;
      wake();
    },
    onFrame(frame) {
      if (frame.t !== "audit-ack" || frame.n !== underWay?.n) return;
      acked(underWay.batch).catch((error: unknown) =>
        log.warn("the audit spool", { error: errorText(error) }),
      );
    },
    onLost() {
      link = undefined;
      underWay = undefined;
    },
  };
}
