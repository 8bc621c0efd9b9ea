import { MAX_STREAMS } from "../../protocol/tunnel/limits.ts";
import type { Clock, Kube } from "../kube/index.ts";
import { errorText, type Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Consumer, Link } from "../tunnel/types.ts";
import { StreamError } from "./errors.ts";
import { serveLogs } from "./logs.ts";
import { servePods } from "./pods.ts";
import { type Questioned, serveGraph, serveRender } from "./questions.ts";
import { serveService } from "./service.ts";
import { createStream } from "./stream.ts";
import type { Open, Stream, StreamCore } from "./types.ts";

export interface StreamsOptions {
  kube: Kube;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  readOnly: boolean;
  serviceDial: "direct" | "api-server";
  closedNamespaces: readonly string[];
  operator: Questioned;
}

/** For the rest of a request whose answer is complete: a client that sends on is not cut off in the middle of it. */
const LINGER_MS = 10_000;

/** Requests from the edge into the cluster, each on a stream of its own; they live as long as their session. */
export function createStreams(options: StreamsOptions): Consumer {
  const streams = new Map<number, StreamCore>();
  const { log, clock } = options;
  const opened = options.metrics.counter("kubenova_agent_streams_total", "Streams opened, by kind");
  options.metrics.gaugeOf("kubenova_agent_streams_open", "Streams open now", () => streams.size);

  const start = (frame: Open, link: Link) => {
    if (streams.has(frame.s)) return;
    const stream: StreamCore = createStream(frame, link, {
      onOver: () => streams.delete(frame.s),
      onSaidAll: () =>
        void clock.sleep(LINGER_MS, stream.signal).then(
          () => stream.abandon("answered"),
          () => {},
        ),
    });
    if (streams.size >= MAX_STREAMS) return stream.fail("KN-1503", "too many open streams");
    streams.set(frame.s, stream);
    opened.inc({ kind: frame.target.kind });
    void clock.sleep(frame.deadlineMs, stream.signal).then(
      () => {
        if (!stream.answered) stream.fail("KN-1501", "no answer in time");
      },
      () => {},
    );
    serve(stream, options).catch((error: unknown) => {
      if (stream.over) return;
      const code = error instanceof StreamError ? error.code : "KN-1502";
      log.info("a stream failed", {
        kind: frame.target.kind,
        correlationId: frame.correlationId,
        error: errorText(error),
      });
      stream.fail(code, errorText(error));
    });
  };

  return {
    onFrame(frame, link) {
      if (frame.t === "open") return start(frame, link);
      if (frame.t === "credit") return streams.get(frame.s)?.onCredit(frame.upTo);
      if (frame.t === "end") return streams.get(frame.s)?.onEnd(frame);
      if (frame.t === "cancel") streams.get(frame.s)?.abandon(frame.message || "cancelled");
    },
    onMalformed({ kind, stream: s, message }, link) {
      log.warn("a frame of a stream is not valid", { stream: s, error: message });
      const stream = streams.get(s);
      if (stream) stream.fail("protocol", message);
      // Whoever opened it waits for an answer; of what is over already nobody does.
      else if (kind === "open") link.send({ t: "cancel", s, code: "protocol", message });
    },
    onData: (frame) => streams.get(frame.stream)?.onData(frame),
    onLost() {
      for (const stream of [...streams.values()]) stream.abandon("the session has ended");
    },
  };
}

async function serve(stream: Stream, options: StreamsOptions): Promise<void> {
  const { target } = stream.open;
  if (options.closedNamespaces.includes(target.namespace)) {
    throw new StreamError("KN-1502", `namespace ${target.namespace} is closed to the tunnel`);
  }
  switch (target.kind) {
    case "logs":
      return serveLogs(stream, target, options.kube);
    case "pods":
      return servePods(stream, target, options.kube);
    case "service":
      return serveService(stream, target, options);
    case "render":
      return serveRender(stream, target, options.operator);
    case "graph":
      return serveGraph(stream, target, options.operator);
  }
}
