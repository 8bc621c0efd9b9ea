import { z } from "zod";
import { MAX_CANCEL_MESSAGE } from "./limits.ts";

/** Requests to a cluster and their answers, side by side over one socket; both ways but for the first two. */

const streamId = z.int().min(1).max(0xffffffff);
const headers = z.array(z.tuple([z.string().max(256), z.string().max(16 * 1024)])).max(128);

export const openSchema = z.object({
  t: z.literal("open"),
  s: streamId,
  /** Milliseconds until the response's head must be there. */
  deadlineMs: z.int().min(1).max(600_000),
  correlationId: z.string().max(128),
  /** Credit of the agent for bytes towards the edge: an absolute offset. */
  credit: z.int().min(0),
  target: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("service"),
      namespace: z.string().max(63),
      name: z.string().max(63),
      port: z.string().max(15),
      scheme: z.enum(["http", "https"]),
      method: z.string().max(16),
      path: z.string().max(8192),
      headers,
      /** Subprotocols where the client asked for a WebSocket. */
      websocket: z.array(z.string().max(128)).max(16).optional(),
    }),
    z.object({
      kind: z.literal("logs"),
      namespace: z.string().max(63),
      pod: z.string().max(253),
      container: z.string().max(63).optional(),
      follow: z.boolean(),
      tailLines: z.int().min(0).max(100_000).optional(),
      sinceSeconds: z.int().min(1).max(31_536_000).optional(),
      timestamps: z.boolean().optional(),
      previous: z.boolean().optional(),
    }),
    z.object({ kind: z.literal("pods"), namespace: z.string().max(63), selector: z.string().max(1024) }),
    /** What a NovaApp would become; it is the body, as JSON. Nothing is written. Answer: renderingSchema. */
    z.object({ kind: z.literal("render"), namespace: z.string().max(63) }),
    /** How the graph of a NovaApp stands. Answer: liveGraphSchema. */
    z.object({ kind: z.literal("graph"), namespace: z.string().max(63), app: z.string().max(253) }),
  ]),
});

/** Head of the answer. `credit`: absolute offset up to which the edge may send. */
export const openedSchema = z.object({
  t: z.literal("opened"),
  s: streamId,
  status: z.int().min(100).max(599),
  headers,
  /** Subprotocol chosen, where a WebSocket was accepted. */
  websocket: z.string().max(128).optional(),
  credit: z.int().min(0),
});

/** The receiver takes bytes up to this absolute offset; an older, smaller offset is ignored. */
export const creditSchema = z.object({ t: z.literal("credit"), s: streamId, upTo: z.int().min(0) });
/** No more bytes in this direction; `at` is the total sent, so that a loss is noticed. */
export const endSchema = z.object({
  t: z.literal("end"),
  s: streamId,
  at: z.int().min(0),
  closeCode: z.int().optional(),
  closeReason: z.string().max(123).optional(),
});
/** The stream is over in both directions. */
export const cancelSchema = z.object({
  t: z.literal("cancel"),
  s: streamId,
  code: z.string().max(32),
  message: z.string().max(MAX_CANCEL_MESSAGE),
});
/** What tells whose a frame of a stream is, whatever else is wrong with it. */
export const streamHeadSchema = z.object({ s: streamId });
