import WebSocket from "ws";
import { overDialled } from "./dial.ts";
import { StreamError } from "./errors.ts";
import { headerPairs, sendBody } from "./pipe.ts";
import type { Message, Stream } from "./types.ts";
import type { ServiceTarget, Upstream } from "./upstream.ts";

/** As the edge bounds it: a message is given to a client whole. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Set by the client of a WebSocket itself. */
const OWN_HEADERS = /^sec-websocket-/i;

/** One WebSocket to a service; message boundaries and kinds are kept both ways. */
export async function serveWebSocket(
  stream: Stream,
  target: ServiceTarget,
  upstream: Upstream,
): Promise<void> {
  const url = new URL(upstream.url);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, target.websocket, {
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: stream.open.deadlineMs,
    maxPayload: MAX_MESSAGE_BYTES,
    headers: headersOf(upstream),
    ...(url.protocol === "wss:" ? upstream.tls : {}),
    ...overDialled(upstream),
  });
  const letGo = () => socket.terminate();
  stream.signal.addEventListener("abort", letGo, { once: true });
  let failure: Error | undefined;
  // The close event follows, and says it.
  socket.on("error", (error) => {
    failure = error;
  });
  const refused = new Promise<Parameters<typeof sendBody>[0] | undefined>((resolve, reject) => {
    socket.once("open", () => resolve(undefined));
    socket.once("close", () =>
      reject(new StreamError("KN-1502", `no WebSocket: ${failure?.message ?? "the service closed it"}`)),
    );
    socket.once("unexpected-response", (_request, response) => {
      stream.opened(response.statusCode ?? 502, headerPairs(response.rawHeaders));
      resolve(response);
    });
  });
  const answer = await refused;
  if (answer) return sendBody(answer, stream);
  forward(socket, stream);
  stream.opened(101, [], socket.protocol || undefined);
  receive(socket, stream);
}

function headersOf(upstream: Upstream): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of upstream.headers) {
    if (OWN_HEADERS.test(name)) continue;
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

/** From the service to the edge. A reader that is slow pauses the service's socket. */
function forward(socket: WebSocket, stream: Stream): void {
  let writing = Promise.resolve();
  let waiting = 0;
  socket.on("message", (data: Buffer, isBinary) => {
    waiting += 1;
    socket.pause();
    writing = writing
      .then(() => stream.write({ bytes: data, messageEnd: true, text: !isBinary }))
      .then(
        () => {
          waiting -= 1;
          if (waiting === 0 && !stream.signal.aborted) socket.resume();
        },
        () => {},
      );
  });
  socket.once("close", (code, reason) => {
    void writing.then(() => stream.end({ code, reason: reason.toString("utf8") }));
  });
}

/** From the edge to the service, message by message. */
function receive(socket: WebSocket, stream: Stream): void {
  let parts: Uint8Array[] = [];
  let size = 0;
  stream.listen({
    onMessage({ bytes, messageEnd, text }: Message, taken) {
      parts.push(bytes);
      size += bytes.byteLength;
      if (size > MAX_MESSAGE_BYTES) return stream.fail("KN-1502", "a message is larger than 1 MiB");
      if (!messageEnd) return taken();
      const message = Buffer.concat(parts);
      parts = [];
      size = 0;
      socket.send(message, { binary: !text }, () => taken());
    },
    onEnd({ code = 1000, reason = "" }) {
      socket.close(sendable(code) ? code : 1000, reason);
    },
  });
}

const sendable = (code: number): boolean =>
  code === 1000 ||
  (code >= 1001 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
  (code >= 3000 && code <= 4999);
