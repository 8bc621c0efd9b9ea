import type { DataFrame } from "../../protocol/tunnel/data.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
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
