import type WebSocket from "ws";
import { edgeFrameDecoder, encodeFrame } from "../../protocol/tunnel/codec.ts";
import { decodeData } from "../../protocol/tunnel/data.ts";
import type { AgentFrame, EdgeFrame } from "../../protocol/tunnel/frames.ts";
import { CLOSE, HELLO_DEADLINE_MS, PONG, PROTOCOL_VERSION } from "../../protocol/tunnel/limits.ts";
import { ProtocolError, StreamFrameError } from "../../protocol/tunnel/protocol-errors.ts";
import type { Clock } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { endingOfClose } from "./ending.ts";
import { heartbeat } from "./heartbeat.ts";
import type { Ending } from "./reconnect.ts";
import type { Challenge, Consumer, Hello, Link, Welcome } from "./types.ts";
import { createWriter } from "./writer.ts";

export interface SessionOptions {
  /** Open or opening; events are not lost before this is called in the same turn. */
  socket: WebSocket;
  /** The cluster that was dialled for: a welcome to another one is none. */
  clusterId: string;
  clock: Clock;
  signal: AbortSignal;
  makeHello: (challenge: Challenge) => Promise<Hello>;
  consumers: readonly Consumer[];
}

export interface SessionEnd {
  ending: Ending;
  welcomed: boolean;
}

/** What is left to a socket after we closed it. */
const CLOSE_GRACE_MS = 1_000;

/** One socket's life: challenge, hello, welcome, frames, end. Resolves with how it ended; never rejects. */
export async function runSession(options: SessionOptions): Promise<SessionEnd> {
  const { socket, clock, consumers } = options;
  const over = new AbortController();
  const decoder = edgeFrameDecoder();
  const writer = createWriter({
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (message, done) => socket.send(message, () => done()),
  });
  let chunkId = 0;
  let link: Link | undefined;
  let ours: Ending | undefined;
  let lastSign = clock.monotonic();
  let helloSent = false;

  const send = (frame: AgentFrame) => {
    if (!over.signal.aborted) writer.control(encodeFrame(frame, () => ++chunkId));
  };
  const end = (ending: Ending, closeCode = 1000) => {
    if (ours || over.signal.aborted) return;
    ours = ending;
    if (socket.readyState !== socket.OPEN) return socket.terminate();
    socket.close(closeCode, ending.reason.slice(0, 100));
    clock.sleep(CLOSE_GRACE_MS, over.signal).then(
      () => socket.terminate(),
      () => {},
    );
  };
  const guard = (work: () => void) => {
    try {
      work();
    } catch (error) {
      const code = error instanceof ProtocolError ? error.closeCode : CLOSE.internal;
      end({ kind: "lost", reason: errorText(error) }, code);
    }
  };

  const onChallenge = (challenge: Challenge) => {
    if (helloSent) throw new ProtocolError("a second challenge");
    if (!challenge.versions.includes(PROTOCOL_VERSION)) {
      const reason = `upgrade: the manager speaks tunnel ${challenge.versions.join(",")}, this agent ${PROTOCOL_VERSION}`;
      return end({ kind: "refused", code: CLOSE.upgradeRequired, reason }, CLOSE.upgradeRequired);
    }
    helloSent = true;
    options.makeHello(challenge).then(send, (error: unknown) => {
      end({ kind: "lost", reason: `no hello: ${errorText(error)}` });
    });
  };
  const onWelcome = (welcome: Welcome) => {
    if (!helloSent || link) throw new ProtocolError("a welcome out of turn");
    if (welcome.clusterId !== options.clusterId) throw new ProtocolError("a welcome to another cluster");
    link = { welcome, send, wake: writer.wake, forget: writer.forget, end };
    for (const consumer of consumers) consumer.onWelcome?.(link);
  };
  const onFrame = (frame: EdgeFrame) => {
    if (frame.t === "challenge") return onChallenge(frame);
    if (frame.t === "welcome") return onWelcome(frame);
    if (!link) throw new ProtocolError(`${frame.t} before the welcome`);
    for (const consumer of consumers) consumer.onFrame?.(frame, link);
  };
  const onMessage = (data: Buffer, isBinary: boolean) => {
    lastSign = clock.monotonic();
    if (ours) return;
    if (isBinary) {
      const frame = decodeData(data);
      if (frame && link) for (const consumer of consumers) consumer.onData?.(frame, link);
      return;
    }
    const text = data.toString("utf8");
    if (text === PONG) return;
    try {
      const frame = decoder.push(text);
      if (frame) onFrame(frame);
    } catch (error) {
      if (!link || !(error instanceof StreamFrameError)) throw error;
      for (const consumer of consumers) consumer.onMalformed?.(error, link);
    }
  };

  const closed = new Promise<Ending>((resolve) => {
    let failure = "";
    socket.on("message", (data, isBinary) => guard(() => onMessage(data as Buffer, isBinary)));
    socket.on("error", (error) => {
      failure = errorText(error);
    });
    socket.on("close", (code, reason) =>
      resolve(endingOfClose(code, reason.toString("utf8") || (code === 1006 ? failure : ""))),
    );
  });
  const stop = () => end({ kind: "lost", reason: "the agent stops" }, 1001);
  options.signal.addEventListener("abort", stop, { once: true });

  const welcomeInTime = async () => {
    await clock.sleep(HELLO_DEADLINE_MS, over.signal);
    if (!link) end({ kind: "lost", reason: "no welcome in time" });
  };
  const pinging = heartbeat({
    ...{ socket, clock, signal: over.signal },
    lastSign: () => lastSign,
    onSilent(reason) {
      ours ??= { kind: "lost", reason };
      socket.terminate();
    },
  });
  const watchers = [pinging, welcomeInTime()].map((work) => work.catch(() => {}));
  if (options.signal.aborted) stop();

  const theirs = await closed;
  over.abort(new Error("the session is over"));
  options.signal.removeEventListener("abort", stop);
  writer.close();
  await Promise.all(watchers);
  const ended = link;
  if (ended) for (const consumer of consumers) consumer.onLost?.(ended);
  return { ending: ours ?? theirs, welcomed: ended !== undefined };
}
