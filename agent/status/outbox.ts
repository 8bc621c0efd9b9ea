import type { DocumentStatus } from "../../protocol/resources/status.ts";

/**
 * The newest status of each key, and which of them the manager does not know yet. What must hold: an older revision's
 * status never replaces a newer one's; what was not acked is sent again; one report is under way at a time.
 */
export interface StatusOutbox {
  put(status: DocumentStatus): void;
  /** The next report; undefined where one is under way or there is nothing new. */
  take(): StatusReport | undefined;
  /** @returns what the manager now knows; empty where `n` is not the report under way */
  acked(n: number): DocumentStatus[];
  /** The session is over: what was under way counts as not sent. */
  interrupted(): void;
  /** Another lineage: revisions compare no more, everything is new to the manager. */
  newEpoch(): void;
  readonly waiting: number;
  /** Number of the report that is not acked yet. */
  readonly reportUnderWay: number | undefined;
}

export interface StatusReport {
  n: number;
  items: DocumentStatus[];
}

const MAX_ITEMS = 200;
/** Below MAX_FRAME_BYTES with room for the envelope, so that a report is one message. */
const MAX_BYTES = 200 * 1024;

export function createOutbox(): StatusOutbox {
  const latest = new Map<string, DocumentStatus>();
  const dirty = new Set<string>();
  let underWay: StatusReport | undefined;
  let n = 0;
  let floor = new Map<string, number>();

  return {
    put(status) {
      const held = latest.get(status.key);
      if (status.revision < (floor.get(status.key) ?? 0)) return;
      if (held && sameStatus(held, status)) return;
      floor.set(status.key, status.revision);
      latest.set(status.key, status);
      dirty.add(status.key);
    },
    take() {
      if (underWay || dirty.size === 0) return undefined;
      const items: DocumentStatus[] = [];
      let bytes = 0;
      for (const key of dirty) {
        const status = latest.get(key);
        if (!status) continue;
        const size = Buffer.byteLength(JSON.stringify(status)) + 1;
        if (items.length > 0 && (items.length === MAX_ITEMS || bytes + size > MAX_BYTES)) break;
        items.push(status);
        bytes += size;
        dirty.delete(key);
      }
      n += 1;
      underWay = { n, items };
      return underWay;
    },
    acked(number) {
      if (underWay?.n !== number) return [];
      const { items } = underWay;
      underWay = undefined;
      // A later change of the same key is dirty again and stays.
      for (const item of items) {
        if (item.phase === "Deleted" && latest.get(item.key) === item) latest.delete(item.key);
      }
      return items;
    },
    interrupted() {
      for (const { key } of underWay?.items ?? []) if (latest.has(key)) dirty.add(key);
      underWay = undefined;
    },
    newEpoch() {
      underWay = undefined;
      floor = new Map();
      for (const key of latest.keys()) dirty.add(key);
    },
    get reportUnderWay() {
      return underWay?.n;
    },
    get waiting() {
      return dirty.size + (underWay?.items.length ?? 0);
    },
  };
}

/** `since` alone is no news: it says when the phase was entered, and that did not change. */
function sameStatus(a: DocumentStatus, b: DocumentStatus): boolean {
  const { since: _a, ...left } = a;
  const { since: _b, ...right } = b;
  return JSON.stringify(left) === JSON.stringify(right);
}
