import { MAX_CANCEL_MESSAGE } from "../../protocol/tunnel/limits.ts";
import type { Link } from "../tunnel/types.ts";
import { createInbound } from "./inbound.ts";
import { createOutbound } from "./outbound.ts";
import type { Open, StreamCore, StreamEvents } from "./types.ts";

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
      if (status < 100 || status > 599)
        return stream.fail("KN-1502", `the service answered with status ${status}`);
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
      link.send({ t: "cancel", s, code, message: message.slice(0, MAX_CANCEL_MESSAGE) });
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
