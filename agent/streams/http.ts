import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { overDialled, unreachable } from "./dial.ts";
import { StreamError } from "./errors.ts";
import { headerPairs, sendBody } from "./pipe.ts";
import type { Headers, Stream } from "./types.ts";
import type { ServiceTarget, Upstream } from "./upstream.ts";

const WITHOUT_BODY = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** One HTTP request to a service. Redirects are the client's business. */
export async function serveHttp(stream: Stream, target: ServiceTarget, upstream: Upstream): Promise<void> {
  const { url, tls } = upstream;
  const method = target.method.toUpperCase();
  const request = (url.protocol === "https:" ? https : http).request(url, {
    method,
    headers: bodyless(method, upstream.headers) ? withoutLength(upstream.headers) : flat(upstream.headers),
    agent: false,
    signal: stream.signal,
    ...(url.protocol === "https:" ? tls : {}),
    ...overDialled(upstream),
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    // A service that upgrades without being asked to: not HTTP any more.
    request.once("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new StreamError("KN-1502", "the service switched protocols unasked"));
    });
    request.on("error", (error) => reject(unreachable(error)));
  });
  if (bodyless(method, upstream.headers)) request.end();
  receiveBody(stream, request);
  const response = await answer;
  stream.opened(response.statusCode ?? 502, headerPairs(response.rawHeaders));
  await sendBody(response, stream);
}

/** The request's body, taken as fast as the service takes it. What follows the service's own end is dropped. */
function receiveBody(stream: Stream, request: ClientRequest): void {
  stream.listen({
    onMessage({ bytes }, taken) {
      if (request.writableEnded || request.destroyed) return taken();
      request.write(bytes, () => taken());
    },
    onEnd() {
      if (!request.writableEnded) request.end();
    },
  });
}

/** Names an end even before the edge's, so that a GET does not wait for it. */
function bodyless(method: string, headers: Headers): boolean {
  if (!WITHOUT_BODY.has(method)) return false;
  const length = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
  return length === undefined || length === "0";
}

const withoutLength = (headers: Headers): string[] =>
  flat(headers.filter(([name]) => name.toLowerCase() !== "content-length"));

const flat = (headers: Headers): string[] => headers.flat();
