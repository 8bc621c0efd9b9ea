import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { StreamError } from "./errors.ts";
import type { Upstream } from "./upstream.ts";

/**
 * A Service whose pods have just become ready refuses connections until each node's proxy knows of them, about a second
 * later. Nothing has been sent by then, so dialling again is safe whatever the request.
 */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 50;

/** A TCP connection to a Service. @throws StreamError KN-1502 */
export async function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await connectOnce(host, port, signal);
    } catch (error) {
      const refused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
      if (!refused || performance.now() >= end || signal.aborted) throw unreachable(error as Error);
    }
    await pause(signal);
  }
}

function connectOnce(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket.setNoDelay(true));
    });
    socket.once("error", reject);
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
