import type { Readable } from "node:stream";
import { HOP_BY_HOP } from "../../domain/proxy/headers.ts";
import type { Headers, Stream } from "./types.ts";

/** Sends all of a body, as fast as the edge takes it, then the end. The body is let go when the stream is over. */
export async function sendBody(body: Readable, stream: Stream): Promise<void> {
  const letGo = () => void body.destroy();
  stream.signal.addEventListener("abort", letGo, { once: true });
  try {
    if (stream.signal.aborted) return letGo();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      await stream.write({ bytes: chunk, messageEnd: false, text: false });
    }
    stream.end();
  } finally {
    stream.signal.removeEventListener("abort", letGo);
    body.destroy();
  }
}

/** Header lines without those of one connection alone. */
export function endToEnd(headers: Headers): Headers {
  const named = headers
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(",").map((token) => token.trim().toLowerCase()));
  return headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return !HOP_BY_HOP.has(lower) && !named.includes(lower);
  });
}

const MAX_HEADERS = 128;
const MAX_VALUE = 16 * 1024;
/** All of them: the head travels in one frame. */
const MAX_HEAD = 64 * 1024;

/** Node's flat list as pairs, within the frame's bounds. */
export function headerPairs(raw: readonly string[]): Headers {
  const pairs: Headers = [];
  let size = 0;
  for (let i = 0; i + 1 < raw.length && pairs.length < MAX_HEADERS; i += 2) {
    const [name, value] = [raw[i] ?? "", raw[i + 1] ?? ""];
    size += name.length + value.length;
    if (name.length <= 256 && value.length <= MAX_VALUE && size <= MAX_HEAD) pairs.push([name, value]);
  }
  return endToEnd(pairs);
}
