import type { DataFrame } from "../../protocol/tunnel/data.ts";
import { encodeData } from "../../protocol/tunnel/data.ts";
import type { AgentFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { MAX_DATA_BYTES, STREAM_WINDOW_BYTES } from "../../protocol/tunnel/limits.ts";
import type { Link } from "../tunnel/types.ts";
import type { DataSource } from "../tunnel/writer.ts";

export type Open = FrameOf<"open">;
export type Headers = FrameOf<"opened">["headers"];

export interface Message {
  bytes: Uint8Array;
  /** Ends a message of a WebSocket; HTTP bodies have none. */
  messageEnd: boolean;
  text: boolean;
}

/** What a stream's upstream does with what comes from the edge. */
export interface Inbound {
  /** `taken` lets as many bytes follow; called when the upstream has them. */
  onMessage(message: Message, taken: () => void): void;
  onEnd(close: { code?: number; reason?: string }): void;
}

/** One stream as its upstream sees it. After it is over, every call does nothing. */
export interface Stream {
  readonly open: Open;
  /** Aborts when the stream is over, for whatever reason: the upstream is to be let go at once. */
  readonly signal: AbortSignal;
  /** The answer's head; at most once. */
  opened(status: number, headers: Headers, websocket?: string): void;
  /** Resolves when there is room for more; rejects with the signal's reason. */
  write(message: Message): Promise<void>;
  /** No more from this side. */
  end(close?: { code?: number; reason?: string }): void;
  /** Ends both directions with an error. */
  fail(code: string, message: string): void;
  listen(inbound: Inbound): void;
}

/** Held for a stream whose reader is slow; the upstream waits beyond it. */
const HIGH_WATER_BYTES = 128 * 1024;

export interface StreamCore extends Stream, DataSource {
  readonly over: boolean;
  /** The head of the answer is there. */
  readonly answered: boolean;
  onCredit(upTo: number): void;
  onData(frame: DataFrame): void;
  onEnd(frame: FrameOf<"end">): void;
  /** The edge gave it up, or the session ended. */
  abandon(reason: string): void;
}

export interface StreamEvents {
  onOver: () => void;
  /** Our side has ended, and all of it is on its way; theirs may never say anything again. */
  onSaidAll: () => void;
}

/**
 * One stream's two directions. Outbound: the opened frame, bytes within the edge's credit, the end, in that order.
 * Inbound: credit is what the upstream took plus a window.
 */
export function createStream(open: Open, link: Link, { onOver, onSaidAll }: StreamEvents): StreamCore {
  const { s } = open;
  const ending = new AbortController();
  const queue: Message[] = [];
  const room: (() => void)[] = [];
  let queued = 0;
  let sent = 0;
  let credit = open.credit;
  let head: FrameOf<"opened"> | undefined;
  let last: FrameOf<"end"> | undefined;
  let headSent = false;
  let ended = false;

  let inbound: Inbound | undefined;
  const early: DataFrame[] = [];
  let earlyEnd: FrameOf<"end"> | undefined;
  let received = 0;
  let consumed = 0;
  let granted = STREAM_WINDOW_BYTES;
  let theirsEnded = false;

  const finish = (reason: string) => {
    if (ending.signal.aborted) return;
    queue.length = 0;
    link.forget(stream);
    ending.abort(new Error(reason));
    for (const go of room.splice(0)) go();
    onOver();
  };
  const finishIfBoth = () => {
    if (!ended) return;
    if (theirsEnded) finish("the stream has ended");
    else onSaidAll();
  };
  const frame = (value: AgentFrame): string => JSON.stringify(value);
  const taken = (bytes: number) => {
    consumed += bytes;
    if (ending.signal.aborted || theirsEnded) return;
    const upTo = consumed + STREAM_WINDOW_BYTES;
    if (upTo - granted < STREAM_WINDOW_BYTES / 2) return;
    granted = upTo;
    link.send({ t: "credit", s, upTo });
  };
  const give = (data: DataFrame) => {
    const message = { bytes: data.payload, messageEnd: data.messageEnd, text: data.text };
    inbound?.onMessage(
      message,
      once(() => taken(data.payload.byteLength)),
    );
  };
  const giveEnd = ({ closeCode, closeReason }: FrameOf<"end">) =>
    inbound?.onEnd({
      ...(closeCode === undefined ? {} : { code: closeCode }),
      ...(closeReason === undefined ? {} : { reason: closeReason }),
    });
  /** Up to a frame's worth within the credit. */
  const nextData = (): Uint8Array | undefined => {
    const first = queue[0];
    if (!first) return undefined;
    const size = Math.min(first.bytes.byteLength, MAX_DATA_BYTES, credit - sent);
    if (size <= 0 && first.bytes.byteLength > 0) return undefined;
    const payload = first.bytes.subarray(0, size);
    const whole = size === first.bytes.byteLength;
    const data = {
      stream: s,
      offset: sent,
      messageEnd: whole && first.messageEnd,
      text: first.text,
      payload,
    };
    if (whole) queue.shift();
    else queue[0] = { ...first, bytes: first.bytes.subarray(size) };
    sent += size;
    queued -= size;
    if (queued < HIGH_WATER_BYTES) for (const go of room.splice(0)) go();
    return encodeData(data);
  };

  const stream: StreamCore = {
    open,
    signal: ending.signal,
    get over() {
      return ending.signal.aborted;
    },
    get answered() {
      return head !== undefined;
    },
    opened(status, headers, websocket) {
      if (ending.signal.aborted || head) return;
      const chosen = websocket ? { websocket } : {};
      head = { t: "opened", s, status, headers, credit: granted, ...chosen };
      link.wake(stream);
    },
    async write(message) {
      ending.signal.throwIfAborted();
      queue.push(message);
      queued += message.bytes.byteLength;
      link.wake(stream);
      if (queued >= HIGH_WATER_BYTES) await new Promise<void>((resolve) => room.push(resolve));
      ending.signal.throwIfAborted();
    },
    end(close = {}) {
      if (ending.signal.aborted || last) return;
      last = {
        t: "end",
        s,
        at: 0,
        ...(close.code === undefined ? {} : { closeCode: close.code }),
        ...(close.reason ? { closeReason: close.reason } : {}),
      };
      link.wake(stream);
    },
    fail(code, message) {
      if (ending.signal.aborted) return;
      link.send({ t: "cancel", s, code, message: message.slice(0, 1024) });
      finish(message);
    },
    listen(handler) {
      inbound = handler;
      for (const data of early.splice(0)) give(data);
      if (earlyEnd) giveEnd(earlyEnd);
    },
    next() {
      if (head && !headSent) {
        headSent = true;
        return frame(head);
      }
      const data = nextData();
      if (data) return data;
      if (!last || ended || queue.length > 0) return undefined;
      ended = true;
      queueMicrotask(finishIfBoth);
      return frame({ ...last, at: sent });
    },
    onCredit(upTo) {
      if (upTo <= credit) return;
      credit = upTo;
      link.wake(stream);
    },
    onData(data) {
      if (data.offset !== received) return stream.fail("protocol", "bytes are missing");
      received += data.payload.byteLength;
      if (received > granted) return stream.fail("protocol", "more bytes than granted");
      if (inbound) give(data);
      else early.push(data);
    },
    onEnd(end) {
      if (theirsEnded) return;
      if (end.at !== received) return stream.fail("protocol", "bytes are missing at the end");
      theirsEnded = true;
      if (inbound) giveEnd(end);
      else earlyEnd = end;
      finishIfBoth();
    },
    abandon: finish,
  };
  return stream;
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
