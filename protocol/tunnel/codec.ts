import { z } from "zod";
import { ChunkAssembler, toChunks } from "./chunks.ts";
import { type AgentFrame, agentFrameSchema, type EdgeFrame, edgeFrameSchema, type Frame } from "./frames.ts";
import { MAX_CANCEL_MESSAGE, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES } from "./limits.ts";
import { fits, tooLarge } from "./message-size.ts";
import { ProtocolError, StreamFrameError } from "./protocol-errors.ts";
import { streamHeadSchema } from "./stream-frames.ts";

/**
 * Frames to text messages and back. What must hold: no message is over MAX_FRAME_BYTES; a frame that is larger goes as
 * several chunk messages, in a row; a receiver never holds more than MAX_OPEN_CHUNKED × MAX_MESSAGE_BYTES for a peer
 * that lies. Sizes are UTF-8 bytes.
 */

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
  return toChunks(text, nextChunkId());
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
  readonly #chunks = new ChunkAssembler();

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

  #chunk(value: unknown): unknown {
    const text = this.#chunks.add(value);
    if (text === undefined) return undefined;
    const whole = parseJson(text);
    if (kindOf(whole) === "chunk") throw new ProtocolError("a chunk inside of chunks");
    return this.#frame(whole);
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
