import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { AuditConfig } from "../config-audit.ts";
import { errorText, type Logger } from "../log.ts";

/** What the server answers; `retry` is told as Retry-After. */
export interface Answer {
  status: number;
  text: string;
  retry?: boolean;
}

export interface WebhookOptions {
  config: AuditConfig;
  log: Logger;
  /** A body that is JSON. Rejects where it could not be taken: the API server sends it again. */
  take: (body: unknown) => Promise<Answer>;
  onAnswer: (status: number) => void;
}

export interface Webhook {
  readonly port: number;
  close(): Promise<void>;
}

/** A list of the API server's 400 events at level Metadata is below 1 MiB. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Bodies in memory at a time: an API server sends few, and sends again what was not taken. */
const MAX_AT_ONCE = 2;
const MAX_CONNECTIONS = 64;
/** Certificates and tokens are replaced where they lie. */
const RELOAD_MS = 60_000;
const RETRY_AFTER_S = "1";

/** Listens to the webhook backend of the API server's audit log: `POST /`, with the token that it was given. */
export async function startWebhook({ config, log, take, onAnswer }: WebhookOptions): Promise<Webhook> {
  let token = tokenOf(config);
  let atOnce = 0;
  const options = { requestTimeout: 30_000, headersTimeout: 5_000, maxHeaderSize: 16 * 1024 };
  const server = https.createServer({ ...filesOf(config), ...options }, (request, response) => {
    const answer = ({ status, text, retry }: Answer) => {
      const done = status < 300;
      onAnswer(status);
      response.writeHead(status, {
        "content-type": "text/plain",
        ...(retry ? { "retry-after": RETRY_AFTER_S } : {}),
        // What is left of a body that nobody reads must not be taken for the next request.
        ...(done ? {} : { connection: "close" }),
      });
      response.end(`${text}\n`);
    };
    const refusal = refusalOf(request, token);
    if (refusal) return answer(refusal);
    if (atOnce >= MAX_AT_ONCE) return answer({ status: 429, text: "too many lists at once", retry: true });
    atOnce += 1;
    bodyOf(request)
      .then(
        async (body): Promise<Answer> =>
          Buffer.isBuffer(body) ? takeText(body.toString("utf8"), take) : body,
      )
      .then(answer, (error: unknown) => {
        log.warn("audit events were not taken", { error: errorText(error) });
        answer({ status: 503, text: "not taken; send it again", retry: true });
      })
      .finally(() => {
        atOnce -= 1;
      });
  });
  server.maxConnections = MAX_CONNECTIONS;
  const reload = setInterval(() => {
    try {
      server.setSecureContext(filesOf(config));
      token = tokenOf(config);
    } catch (error) {
      log.warn("the audit webhook's files cannot be read: going on with the old ones", {
        error: errorText(error),
      });
    }
  }, RELOAD_MS);
  reload.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        clearInterval(reload);
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      }),
  };
}

const filesOf = ({ certFile, keyFile }: AuditConfig) => ({
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
});

const digest = (text: string) => createHash("sha256").update(text).digest();
const tokenOf = ({ tokenFile }: AuditConfig) => digest(readFileSync(tokenFile, "utf8").trim());

function refusalOf(request: IncomingMessage, token: Buffer): Answer | undefined {
  const [, given = ""] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!timingSafeEqual(digest(given), token)) return { status: 401, text: "a bearer token is required" };
  if (request.url?.split("?", 1)[0] !== "/") return { status: 404, text: "POST /" };
  if (request.method !== "POST") return { status: 405, text: "POST only" };
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    return { status: 415, text: "application/json only" };
  return undefined;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return { status: 413, text: `at most ${MAX_BODY_BYTES} bytes` };
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function takeText(text: string, take: WebhookOptions["take"]): Promise<Answer> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { status: 400, text: "not JSON" };
  }
  return take(body);
}
