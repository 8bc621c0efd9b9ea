import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { StreamError } from "./errors.ts";
import type { Upstream } from "./upstream.ts";

/**
 * Each node's proxy learns about a second late which pods a Service has: until then it refuses, or leads to a pod that
 * is gone, where nobody answers. Nothing has been sent by then, so dialling again, maybe to another pod, is safe whatever
 * the request.
 */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 50;
/** Inside a cluster a connection takes a millisecond; one that takes this long leads nowhere. */
const ATTEMPT_MS = 750;
const PASSING = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]);

/** A TCP connection to a Service. @throws StreamError KN-1502 */
export async function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await connectOnce(host, port, signal);
    } catch (error) {
      const passing = PASSING.has((error as NodeJS.ErrnoException).code ?? "");
      if (!passing || performance.now() >= end || signal.aborted) throw unreachable(error as Error);
    }
    await pause(signal);
  }
}

function connectOnce(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    const late = () => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
    const timer = setTimeout(late, ATTEMPT_MS);
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", failed);
      resolve(socket.setNoDelay(true));
    });
  });
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, PAUSE_MS);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** For node:http, node:https and ws: the request goes over the connection that was dialled. */
export function overDialled({ socket, url, tls }: Upstream): { createConnection?: () => Socket } {
  if (!socket) return {};
  const secure = url.protocol === "https:" || url.protocol === "wss:";
  return { createConnection: () => (secure ? connectTls({ ...tls, socket }) : socket) };
}

export function unreachable(error: Error): StreamError {
  const { code } = error as NodeJS.ErrnoException;
  const reason =
    code === "ECONNREFUSED"
      ? "the service does not listen, or has no ready pod"
      : `the service could not be reached (${code ?? error.message})`;
  return new StreamError("KN-1502", reason, error);
}
