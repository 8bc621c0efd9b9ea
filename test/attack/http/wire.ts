import { connect } from "node:net";

/** A request as bytes: what no well-behaved client would send, too. */
export interface WireRequest {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
  /** Sends the body in chunks, without its length. */
  chunked?: boolean;
  /** Says another length than the body has, and then ends the sending side. */
  saysLength?: number;
}

export interface WireAnswer {
  /** 0 where the connection ended without an answer. */
  status: number;
  headers: Headers;
  text: string;
  ms: number;
}

const TIME_LIMIT_MS = 60_000;
const CHUNK_BYTES = 64 * 1024;

/** Sends one request over a connection of its own, and reads while it writes. */
export function send(url: string, request: WireRequest): Promise<WireAnswer> {
  const { hostname, port, host } = new URL(url);
  const started = performance.now();
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    socket.setTimeout(TIME_LIMIT_MS, () => socket.destroy());
    socket.on("data", (chunk: Buffer) => parts.push(chunk));
    // An answer that came before the connection broke is an answer.
    socket.on("error", () => {});
    socket.on("close", () =>
      resolve({ ...readAnswer(Buffer.concat(parts)), ms: performance.now() - started }),
    );
    const body = Buffer.from(request.body ?? "");
    socket.write(headOf(request, host, body.length), "latin1");
    for (let at = 0; at < body.length; at += CHUNK_BYTES) {
      const chunk = body.subarray(at, at + CHUNK_BYTES);
      if (request.chunked) socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      if (request.chunked) socket.write("\r\n");
    }
    if (request.chunked) socket.write("0\r\n\r\n");
    if (request.saysLength !== undefined) socket.end();
  });
}

function headOf(request: WireRequest, host: string, length: number): string {
  const hasBody = request.body !== undefined;
  const framing = request.chunked
    ? ["Transfer-Encoding: chunked"]
    : hasBody
      ? [`Content-Length: ${request.saysLength ?? length}`]
      : [];
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const lines = [`${request.method} ${request.path} HTTP/1.1`, `Host: ${host}`, "Connection: close"];
  return `${[...lines, ...headers, ...framing].join("\r\n")}\r\n\r\n`;
}

function readAnswer(bytes: Buffer): Omit<WireAnswer, "ms"> {
  const whole = bytes.toString("latin1");
  const end = whole.indexOf("\r\n\r\n");
  const [first = "", ...lines] = whole.slice(0, Math.max(0, end)).split("\r\n");
  const headers = new Headers(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const body = whole.slice(end + 4);
  const text = headers.get("transfer-encoding") === "chunked" ? unchunk(body) : body;
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0), headers, text };
}

function unchunk(body: string): string {
  let text = "";
  for (let at = 0; ; ) {
    const line = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.slice(at, line), 16);
    if (!(size > 0)) return text;
    text += body.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}
