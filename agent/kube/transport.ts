import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { pipeline, type Readable } from "node:stream";
import { type CredentialCache, type Credentials, type TlsMaterial, tlsKey } from "./credentials.ts";
import { KubeError } from "./errors.ts";
import type { Headers } from "./request-headers.ts";

/** A peer that lost power leaves no FIN: TCP probes find it within about 30 s. */
const TCP_KEEPALIVE_MS = 15_000;
/** Connections kept open between bursts: as many as writes may be in flight. */
const IDLE_SOCKETS = 32;

export interface WireRequest {
  method: string;
  /** Path and query, checked and encoded. */
  path: string;
  headers: Headers;
  body?: string | Uint8Array | Readable;
  /** Ends the request until the answer's headers are there, and the answer's body afterwards. */
  signal: AbortSignal;
}

export interface WireResponse {
  message: IncomingMessage;
  credentials: Credentials;
}

/** One exchange with the API server over pooled connections. Knows nothing of retries, limits and meanings. */
export interface Transport {
  readonly server: URL;
  readonly credentials: CredentialCache;
  /** Resolves with the headers. Rejects with a KubeError of reason `Network` (or `StaleConnection`), or the signal's reason. */
  send(request: WireRequest): Promise<WireResponse>;
  close(): void;
}

export function createTransport(credentials: CredentialCache, userAgent: string): Transport {
  const { server } = credentials;
  const secure = server.protocol === "https:";
  const prefix = server.pathname.replace(/\/+$/, "");
  let pool: { key: string; tls: TlsMaterial; agent: http.Agent } | undefined;
  let closed = false;

  const agentFor = (used: Credentials): http.Agent => {
    if (used.agent) return used.agent;
    if (pool?.tls === used.tls) return pool.agent;
    const key = tlsKey(used.tls);
    if (pool?.key === key) pool.tls = used.tls;
    else {
      const options = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS, keepAliveMsecs: TCP_KEEPALIVE_MS };
      // Sockets in use by the old agent end by themselves; its idle ones are of no use any more.
      pool?.agent.destroy();
      pool = {
        key,
        tls: used.tls,
        agent: secure ? new https.Agent({ ...options, ...used.tls }) : new http.Agent(options),
      };
    }
    return pool.agent;
  };

  return {
    server,
    credentials,
    async send({ method, path, headers, body, signal }) {
      if (closed) throw networkError(new Error("the client is closed"), "Closed");
      const used = await credentials.current().catch((error: unknown) => {
        throw networkError(error, "Credentials");
      });
      signal.throwIfAborted();
      const request = (secure ? https : http).request({
        method,
        protocol: server.protocol,
        hostname: server.hostname.replace(/^\[|\]$/g, ""),
        port: server.port || (secure ? 443 : 80),
        path: prefix + path,
        headers: { "User-Agent": userAgent, ...used.headers, ...headers },
        agent: agentFor(used),
        // Our own agent has them: with each request they would be compared anew.
        ...(used.agent ? used.tls : {}),
      });
      signal.addEventListener("abort", () => request.destroy(), { once: true });
      request.on("socket", (socket) => socket.setKeepAlive(true, TCP_KEEPALIVE_MS));
      return { message: await answerOf(request, body, signal), credentials: used };
    },
    close() {
      closed = true;
      pool?.agent.destroy();
    },
  };
}

function answerOf(
  request: http.ClientRequest,
  body: WireRequest["body"],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", (error) => {
      if (signal.aborted) reject(signal.reason);
      // The server closed an idle connection just as it was picked: the request never reached it.
      else reject(networkError(error, request.reusedSocket ? "StaleConnection" : "Network"));
    });
    if (typeof body === "object" && "pipe" in body) {
      // Ends the request where the source breaks off, and the source where the request does.
      pipeline(body, request, () => {});
    } else if (body === undefined) {
      request.end();
    } else {
      // As bytes: with a text Node would write the headers in its encoding, too, and they are bytes already.
      const bytes = Buffer.from(body);
      request.setHeader("Content-Length", bytes.length);
      request.end(bytes);
    }
  });
}

export function networkError(cause: unknown, reason: string): KubeError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new KubeError(`no answer from the API server: ${message}`, {
    kind: "transient",
    status: 0,
    reason,
    cause,
  });
}
