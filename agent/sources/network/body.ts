import type { IncomingMessage } from "node:http";
import { SourceError } from "../types.ts";
import { networkError } from "./http.ts";

/**
 * The chunks of an answer, at most `max` bytes of them.
 * @throws SourceError `too-large`; `unreachable` where it is cut
 */
export async function* bodyOf(message: IncomingMessage, url: URL, max: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > max) throw new SourceError("too-large", `${url.host} sends more than ${max} bytes`);
      yield chunk;
    }
  } catch (error) {
    throw networkError(url, error);
  }
  if (!message.complete) throw new SourceError("unreachable", `${url.host} cut its answer short`);
}

export async function wholeBody(message: IncomingMessage, url: URL, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bodyOf(message, url, max)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
