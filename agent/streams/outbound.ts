import { encodeData } from "../../protocol/tunnel/data.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { MAX_DATA_BYTES } from "../../protocol/tunnel/limits.ts";
import type { Message } from "./types.ts";

/** Held for a stream whose reader is slow; the upstream waits beyond it. */
const HIGH_WATER_BYTES = 128 * 1024;

/** The messages of one stream towards the edge, in order: the head, bytes within the edge's credit, the end. */
export interface Outbound {
  readonly headSet: boolean;
  readonly endSet: boolean;
  /** The end is on its way. */
  readonly saidAll: boolean;
  setHead(head: FrameOf<"opened">): void;
  setEnd(end: FrameOf<"end">): void;
  /** Queues a message. @returns a promise where the upstream is to wait for room */
  push(message: Message): Promise<void> | undefined;
  /** @returns false for an offset that is not news */
  credit(upTo: number): boolean;
  next(): string | Uint8Array | undefined;
  /** Drops what waits, and lets the upstream go on: it finds the stream over. */
  drop(): void;
}

export function createOutbound(stream: number, initialCredit: number): Outbound {
  const queue: Message[] = [];
  const waiting: (() => void)[] = [];
  let queued = 0;
  let sent = 0;
  let credit = initialCredit;
  let head: FrameOf<"opened"> | undefined;
  let headSent = false;
  let end: FrameOf<"end"> | undefined;
  let saidAll = false;

  const letGo = () => {
    for (const go of waiting.splice(0)) go();
  };
  /** Up to a frame's worth within the credit. */
  const nextData = (): Uint8Array | undefined => {
    const first = queue[0];
    if (!first) return undefined;
    const size = Math.min(first.bytes.byteLength, MAX_DATA_BYTES, credit - sent);
    if (size <= 0 && first.bytes.byteLength > 0) return undefined;
    const payload = first.bytes.subarray(0, size);
    const whole = size === first.bytes.byteLength;
    const data = { stream, offset: sent, messageEnd: whole && first.messageEnd, text: first.text, payload };
    if (whole) queue.shift();
    else queue[0] = { ...first, bytes: first.bytes.subarray(size) };
    sent += size;
    queued -= size;
    if (queued < HIGH_WATER_BYTES) letGo();
    return encodeData(data);
  };

  return {
    get headSet() {
      return head !== undefined;
    },
    get endSet() {
      return end !== undefined;
    },
    get saidAll() {
      return saidAll;
    },
    setHead(frame) {
      head = frame;
    },
    setEnd(frame) {
      end = frame;
    },
    push(message) {
      queue.push(message);
      queued += message.bytes.byteLength;
      return queued < HIGH_WATER_BYTES ? undefined : new Promise((resolve) => waiting.push(resolve));
    },
    credit(upTo) {
      if (upTo <= credit) return false;
      credit = upTo;
      return true;
    },
    next() {
      if (head && !headSent) {
        headSent = true;
        return JSON.stringify(head);
      }
      const data = nextData();
      if (data) return data;
      if (!end || saidAll || queue.length > 0) return undefined;
      saidAll = true;
      return JSON.stringify({ ...end, at: sent });
    },
    drop() {
      queue.length = 0;
      letGo();
    },
  };
}
