import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Place } from "./operations.ts";

/** A relay that counts what each operation was asked and what it answered, and passes on the bytes as they are. */
export interface Recorder {
  url: string;
  /** Answers by status, of each operation that was called. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Requests that were not passed on or not answered, and failures of the manager. */
  readonly lost: string[];
  readonly failed: string[];
  close(): Promise<void>;
}

export interface RecorderOptions {
  /** URL of the manager. */
  target: string;
  find: (method: string, path: string) => Place | undefined;
  /** Called, and waited for, before a 2xx goes back to its sender. */
  accepted: (place: Place) => Promise<void>;
  /** Takes the place of each credential that is this one when it comes. @param id of the operation that it is for */
  token: { stale: string; fresh: (id: string | undefined) => Promise<string> };
}

/** As much as the runtime behind takes, and more. */
const MAX_HEADER_BYTES = 1024 * 1024;

export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  const answers = new Map<string, Map<number, number>>();
  const lost: string[] = [];
  const failed: string[] = [];
  const sockets = new Set<Duplex>();
  const { hostname, port } = new URL(options.target);

  const placeOf = ({ method = "", url = "" }: http.IncomingMessage): Place | undefined =>
    options.find(method, url.replace(/\?.*$/s, ""));

  async function record(place: Place | undefined, status: number): Promise<void> {
    if (!place) return;
    const statuses = answers.get(place.id) ?? new Map<number, number>();
    answers.set(place.id, statuses.set(status, (statuses.get(status) ?? 0) + 1));
    if (status >= 200 && status < 300) await options.accepted(place);
  }

  /** One connection a request: its end is the answer's end. */
  async function passOn(request: http.IncomingMessage, client: Duplex, first?: Buffer): Promise<void> {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) sockets.add(socket.on("error", () => {}));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => {
      sockets.delete(client);
      sockets.delete(upstream);
    });
    const place = placeOf(request);
    upstream.write(await headOf(request, options.token, place), "latin1");
    if (first) {
      upstream.write(first);
      client.pipe(upstream);
    } else sendBody(request, upstream);
    const answer = await firstBytes(upstream);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer.toString("latin1"))?.[1]);
    if (Number.isNaN(status)) lost.push(`${request.method} ${request.url}: no answer`);
    else await record(place, status);
    client.write(answer);
    if (status >= 500)
      void textOf(upstream, answer).then((text) => !OF_OTHERS.test(text) && failed.push(text));
    if (upstream.destroyed) client.end();
    else upstream.pipe(client);
  }

  const server = http.createServer(
    { insecureHTTPParser: true, maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => {
      const { socket } = request;
      response.detachSocket(socket);
      void passOn(request, socket);
    },
  );
  server.on("upgrade", (request, client: Duplex, first: Buffer) => void passOn(request, client, first));
  server.on("clientError", (error, socket) => {
    // A connection that ended between two requests is none of these.
    if ("rawPacket" in error) lost.push(`not readable: ${error.message}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    lost,
    failed,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** No agent is connected; a host outside did not answer. */
const OF_OTHERS = /"KN-(1500|1611)"/;

/** Each connection has one request; what is packed cannot be read here. */
const LEFT_OUT = new Set(["connection", "accept-encoding"]);

/** The head as it came, but for a stale token and the connection's end. */
async function headOf(
  { method, url, rawHeaders, headers }: http.IncomingMessage,
  { stale, fresh }: RecorderOptions["token"],
  place: Place | undefined,
): Promise<string> {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (value === `Bearer ${stale}`) lines.push(`${name}: Bearer ${await fresh(place?.id)}`);
    else if (!LEFT_OUT.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  lines.push(`Connection: ${headers.upgrade ? headers.connection : "close"}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function sendBody(request: http.IncomingMessage, upstream: Socket): void {
  const chunked = /chunked/i.test(request.headers["transfer-encoding"] ?? "");
  request.on("data", (chunk: Buffer) => {
    if (chunked) upstream.write(`${chunk.length.toString(16)}\r\n`);
    upstream.write(chunk);
    if (chunked) upstream.write("\r\n");
  });
  request.on("end", () => chunked && upstream.write("0\r\n\r\n"));
}

/** All of an answer, of which the beginning is there. */
async function textOf(socket: Socket, beginning: Buffer): Promise<string> {
  const parts = [beginning];
  socket.on("data", (chunk: Buffer) => parts.push(chunk));
  if (!socket.destroyed) await once(socket, "close");
  return Buffer.concat(parts).toString();
}

/** At least the status line; empty where the connection ends without it. */
function firstBytes(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0);
    const done = (): void => {
      socket.off("data", take);
      socket.off("close", done);
      socket.pause();
      resolve(got);
    };
    const take = (chunk: Buffer): void => {
      got = Buffer.concat([got, chunk]);
      if (got.includes("\r\n")) done();
    };
    socket.on("data", take);
    socket.on("close", done);
  });
}
