import type { DataFrame } from "../../protocol/tunnel/data.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import type { Link } from "../tunnel/types.ts";
import type { DataSource } from "../tunnel/writer.ts";
import { createInbound } from "./inbound.ts";
import { createOutbound } from "./outbound.ts";

export type Open = FrameOf<"open">;
export type Headers = FrameOf<"opened">["headers"];

export interface Message {
  bytes: Uint8Array;
  /** Ends a message of a WebSocket; HTTP bodies have none. */
  messageEnd: boolean;
  text: boolean;
}

/** What a stream's upstream does with what comes from the edge. */
export interface InboundHandler {
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
  listen(handler: InboundHandler): void;
}

/** The same stream as the registry sees it. */
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

/** Joins a stream's two directions: it is over when both have ended, or when either side gives it up. */
export function createStream(open: Open, link: Link, { onOver, onSaidAll }: StreamEvents): StreamCore {
  const { s } = open;
  const ending = new AbortController();
  const outbound = createOutbound(s, open.credit);
  const inbound = createInbound((upTo) => {
    if (!ending.signal.aborted) link.send({ t: "credit", s, upTo });
  });

  const finish = (reason: string) => {
    if (ending.signal.aborted) return;
    link.forget(stream);
    ending.abort(new Error(reason));
    outbound.drop();
    onOver();
  };
  const finishIfBoth = () => {
    if (!outbound.saidAll) return;
    if (inbound.ended) finish("the stream has ended");
    else onSaidAll();
  };
  const violated = (problem: string | undefined) => problem !== undefined && stream.fail("protocol", problem);

  const stream: StreamCore = {
    open,
    signal: ending.signal,
    get over() {
      return ending.signal.aborted;
    },
    get answered() {
      return outbound.headSet;
    },
    opened(status, headers, websocket) {
      if (ending.signal.aborted || outbound.headSet) return;
      const chosen = websocket ? { websocket } : {};
      outbound.setHead({ t: "opened", s, status, headers, credit: inbound.granted, ...chosen });
      link.wake(stream);
    },
    async write(message) {
      ending.signal.throwIfAborted();
      const room = outbound.push(message);
      link.wake(stream);
      await room;
      ending.signal.throwIfAborted();
    },
    end({ code, reason } = {}) {
      if (ending.signal.aborted || outbound.endSet) return;
      const closeCode = code === undefined ? {} : { closeCode: code };
      outbound.setEnd({ t: "end", s, at: 0, ...closeCode, ...(reason ? { closeReason: reason } : {}) });
      link.wake(stream);
    },
    fail(code, message) {
      if (ending.signal.aborted) return;
      link.send({ t: "cancel", s, code, message: message.slice(0, 1024) });
      finish(message);
    },
    listen: inbound.listen,
    next() {
      const before = outbound.saidAll;
      const message = outbound.next();
      // After this message has left: whoever hears that the stream is over may send others.
      if (outbound.saidAll !== before) queueMicrotask(finishIfBoth);
      return message;
    },
    onCredit(upTo) {
      if (outbound.credit(upTo)) link.wake(stream);
    },
    onData: (frame) => void violated(inbound.data(frame)),
    onEnd(frame) {
      if (inbound.ended) return;
      if (violated(inbound.end(frame)) === false) finishIfBoth();
    },
    abandon: finish,
  };
  return stream;
}
