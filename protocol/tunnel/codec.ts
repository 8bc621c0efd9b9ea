import { z } from "zod";
import {
  type AgentFrame,
  agentFrameSchema,
  chunkSchema,
  type EdgeFrame,
  edgeFrameSchema,
  type Frame,
  streamHeadSchema,
} from "./frames.ts";
import { CLOSE, MAX_CANCEL_MESSAGE, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, MAX_OPEN_CHUNKED } from "./limits.ts";

/**
 * Frames to text messages and back. What must hold: no message is over MAX_FRAME_BYTES; a frame that is larger goes as
 * several chunk messages, in a row; a receiver never holds more than MAX_OPEN_CHUNKED × MAX_MESSAGE_BYTES for a peer
 * that lies. Sizes are UTF-8 bytes.
 */
export class ProtocolError extends Error {
  /** What to close the socket with. */
  readonly closeCode: number;
  constructor(message: string, closeCode: number = CLOSE.protocolError) {
    super(message);
    this.name = "ProtocolError";
    this.closeCode = closeCode;
  }
}

/** A frame of a stream whose id can be read and whose rest is not valid: that stream is to be cancelled, no other. */
export class StreamFrameError extends ProtocolError {
  readonly kind: string;
  readonly stream: number;
  constructor(kind: string, stream: number, message: string) {
    super(message);
    this.name = "StreamFrameError";
    this.kind = kind;
    this.stream = stream;
  }
}

const encoder = new TextEncoder();
/** UTF-8 takes at most three bytes a UTF-16 unit, so that most texts need no count. */
const fits = (text: string, bytes: number): boolean =>
  text.length * 3 <= bytes || (text.length <= bytes && encoder.encode(text).byteLength <= bytes);

/** Room for `{"t":"chunk","id":…,"i":…,"of":…,"data":""}` around the data. */
const CHUNK_ENVELOPE_BYTES = 96;

/**
 * The text messages of one frame: one, or its chunks.
 * @param nextChunkId a number not used before on this socket, asked for only where the frame is chunked
 * @throws ProtocolError where the frame is over MAX_MESSAGE_BYTES
 */
export const encodeFrame = (frame: Frame, nextChunkId: () => number): string[] =>
  encodeText(JSON.stringify(frame), nextChunkId);

/** {@link encodeFrame} of a frame that is JSON text already. */
export function encodeText(text: string, nextChunkId: () => number): string[] {
  if (fits(text, MAX_FRAME_BYTES)) return [text];
  if (!fits(text, MAX_MESSAGE_BYTES)) throw tooLarge("the frame", MAX_MESSAGE_BYTES);
  const parts = split(text, MAX_FRAME_BYTES - CHUNK_ENVELOPE_BYTES);
  const id = nextChunkId();
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

type Schemas = ReadonlyMap<string, z.ZodType>;

const byKind = (union: { options: readonly z.ZodObject[] }): Schemas =>
  new Map(union.options.map((option) => [(option.shape.t as z.ZodLiteral<string>).value, option]));

const AGENT_FRAMES = byKind(agentFrameSchema);
const EDGE_FRAMES = byKind(edgeFrameSchema);
const headSchema = z.object({ t: z.string().max(64) });

/** Reads the messages of one socket, in order; holds the chunks of frames that are not whole yet. */
export class FrameDecoder<F extends Frame> {
  readonly #schemas: Schemas;
  readonly #open = new Map<number, OpenMessage>();

  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  /**
   * @returns the frame that the message completes; undefined for a chunk that is not the last, and for a kind of frame
   *   that this side does not know: the other may be newer
   * @throws StreamFrameError where only one stream is concerned: that one is to be cancelled
   * @throws ProtocolError where the message is malformed or over a limit: the socket is to be closed
   */
  push(message: string): F | undefined {
    if (!fits(message, MAX_FRAME_BYTES)) throw tooLarge("a message", MAX_FRAME_BYTES);
    const value = parseJson(message);
    return (kindOf(value) === "chunk" ? this.#chunk(value) : this.#frame(value)) as F | undefined;
  }

  #frame(value: unknown): unknown {
    const kind = kindOf(value);
    const schema = this.#schemas.get(kind);
    if (!schema) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    const message = `malformed ${kind} frame: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`;
    const stream = streamOf(schema, value);
    throw stream === undefined
      ? new ProtocolError(message)
      : new StreamFrameError(kind, stream, message.slice(0, MAX_CANCEL_MESSAGE));
  }

  #chunk(value: unknown): unknown {
    const parsed = chunkSchema.safeParse(value);
    if (!parsed.success) throw new ProtocolError("malformed chunk");
    const { id, i, of, data } = parsed.data;
    const open = this.#open.get(id) ?? this.#begin(id, i, of);
    if (open.of !== of || open.parts.length !== i || i >= of)
      throw new ProtocolError("a chunk is out of order");
    open.parts.push(data);
    open.bytes += encoder.encode(data).byteLength;
    if (open.bytes > MAX_MESSAGE_BYTES) throw tooLarge("a chunked frame", MAX_MESSAGE_BYTES);
    if (open.parts.length < of) return undefined;
    this.#open.delete(id);
    const whole = parseJson(open.parts.join(""));
    if (kindOf(whole) === "chunk") throw new ProtocolError("a chunk inside of chunks");
    return this.#frame(whole);
  }

  #begin(id: number, i: number, of: number): OpenMessage {
    if (i !== 0) throw new ProtocolError("the first chunk of a frame is missing");
    if (this.#open.size >= MAX_OPEN_CHUNKED) throw new ProtocolError("too many frames in chunks at once");
    const open = { of, parts: [], bytes: 0 };
    this.#open.set(id, open);
    return open;
  }
}

/** What the edge reads. */
export const agentFrameDecoder = (): FrameDecoder<AgentFrame> => new FrameDecoder<AgentFrame>(AGENT_FRAMES);
/** What the agent reads. */
export const edgeFrameDecoder = (): FrameDecoder<EdgeFrame> => new FrameDecoder<EdgeFrame>(EDGE_FRAMES);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError("a message is not JSON");
  }
}

function kindOf(value: unknown): string {
  const head = headSchema.safeParse(value);
  if (!head.success) throw new ProtocolError("a message has no kind");
  return head.data.t;
}

/** The stream that a frame names; undefined where its kind has none, or the id cannot be read. */
function streamOf(schema: z.ZodType, value: unknown): number | undefined {
  if (!(schema instanceof z.ZodObject) || !("s" in schema.shape)) return undefined;
  return streamHeadSchema.safeParse(value).data?.s;
}

const tooLarge = (what: string, bytes: number): ProtocolError =>
  new ProtocolError(`${what} is larger than ${bytes} bytes`, CLOSE.tooLarge);
