import { z } from "zod";
import { MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, MAX_OPEN_CHUNKED } from "./limits.ts";
import { tooLarge, utf8Bytes } from "./message-size.ts";
import { ProtocolError } from "./protocol-errors.ts";

/** Part `i` of `of` of a text message that is larger than one frame. */
const chunkSchema = z.object({
  t: z.literal("chunk"),
  id: z.int().min(1),
  i: z.int().min(0),
  of: z.int().min(2).max(64),
  data: z.string(),
});

/** Room for `{"t":"chunk","id":…,"i":…,"of":…,"data":""}` around the data. */
const CHUNK_ENVELOPE_BYTES = 96;

/** The messages of a text that is too large for one. @param id not used before on this socket */
export function toChunks(text: string, id: number): string[] {
  const parts = split(text, MAX_FRAME_BYTES - CHUNK_ENVELOPE_BYTES);
  return parts.map((data, i) => JSON.stringify({ t: "chunk", id, i, of: parts.length, data }));
}

/** Cuts a JSON text so that each part, written as a JSON string, is within the bytes. A surrogate pair stays whole. */
function split(text: string, bytes: number): string[] {
  const parts: string[] = [];
  let start = 0;
  let size = 0;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    const cost =
      point === 0x22 || point === 0x5c ? 2 : point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (size + cost > bytes) {
      parts.push(text.slice(start, at));
      start = at;
      size = 0;
    }
    size += cost;
    at += point > 0xffff ? 2 : 1;
  }
  parts.push(text.slice(start));
  return parts;
}

interface OpenMessage {
  of: number;
  parts: string[];
  bytes: number;
}

/** Holds the chunks of messages that are not whole yet: those of MAX_OPEN_CHUNKED messages at most. */
export class ChunkAssembler {
  readonly #open = new Map<number, OpenMessage>();

  /**
   * @returns the whole text, where the chunk is its last
   * @throws ProtocolError where the chunk is malformed, out of order, or one too many
   */
  add(chunk: unknown): string | undefined {
    const parsed = chunkSchema.safeParse(chunk);
    if (!parsed.success) throw new ProtocolError("malformed chunk");
    const { id, i, of, data } = parsed.data;
    const open = this.#open.get(id) ?? this.#begin(id, i, of);
    if (open.of !== of || open.parts.length !== i || i >= of)
      throw new ProtocolError("a chunk is out of order");
    open.parts.push(data);
    open.bytes += utf8Bytes(data);
    if (open.bytes > MAX_MESSAGE_BYTES) throw tooLarge("a chunked frame", MAX_MESSAGE_BYTES);
    if (open.parts.length < of) return undefined;
    this.#open.delete(id);
    return open.parts.join("");
  }

  #begin(id: number, i: number, of: number): OpenMessage {
    if (i !== 0) throw new ProtocolError("the first chunk of a frame is missing");
    if (this.#open.size >= MAX_OPEN_CHUNKED) throw new ProtocolError("too many frames in chunks at once");
    const open = { of, parts: [], bytes: 0 };
    this.#open.set(id, open);
    return open;
  }
}
