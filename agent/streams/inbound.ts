import type { DataFrame } from "../../protocol/tunnel/data.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { STREAM_WINDOW_BYTES } from "../../protocol/tunnel/limits.ts";
import type { InboundHandler } from "./types.ts";

/** The bytes of one stream from the edge: checked, given to the upstream, and granted anew as it takes them. */
export interface Inbound {
  /** Absolute offset up to which the edge may send. */
  readonly granted: number;
  readonly ended: boolean;
  listen(handler: InboundHandler): void;
  /** @returns what the edge did wrong */
  data(frame: DataFrame): string | undefined;
  end(frame: FrameOf<"end">): string | undefined;
}

/** @param grant tells the edge of more room */
export function createInbound(grant: (upTo: number) => void): Inbound {
  const early: DataFrame[] = [];
  let handler: InboundHandler | undefined;
  let last: FrameOf<"end"> | undefined;
  let received = 0;
  let consumed = 0;
  let granted = STREAM_WINDOW_BYTES;

  const taken = (bytes: number) => {
    consumed += bytes;
    const upTo = consumed + STREAM_WINDOW_BYTES;
    // Not each byte is answered with a frame.
    if (last || upTo - granted < STREAM_WINDOW_BYTES / 2) return;
    granted = upTo;
    grant(upTo);
  };
  const give = ({ payload, messageEnd, text }: DataFrame) =>
    handler?.onMessage(
      { bytes: payload, messageEnd, text },
      once(() => taken(payload.byteLength)),
    );
  const giveEnd = ({ closeCode, closeReason }: FrameOf<"end">) =>
    handler?.onEnd({
      ...(closeCode === undefined ? {} : { code: closeCode }),
      ...(closeReason === undefined ? {} : { reason: closeReason }),
    });

  return {
    get granted() {
      return granted;
    },
    get ended() {
      return last !== undefined;
    },
    listen(listener) {
      handler = listener;
      for (const frame of early.splice(0)) give(frame);
      if (last) giveEnd(last);
    },
    data(frame) {
      if (last) return undefined;
      if (frame.offset !== received) return "bytes are missing";
      received += frame.payload.byteLength;
      if (received > granted) return "more bytes than granted";
      if (handler) give(frame);
      else early.push(frame);
      return undefined;
    },
    end(frame) {
      if (last) return undefined;
      if (frame.at !== received) return "bytes are missing at the end";
      last = frame;
      if (handler) giveEnd(frame);
      return undefined;
    },
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
