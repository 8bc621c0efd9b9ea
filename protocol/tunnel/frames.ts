import { z } from "zod";
import { auditAckSchema, auditSchema } from "./audit-frames.ts";
import { ackSchema, desiredSchema, snapshotBeginSchema, snapshotEndSchema } from "./desired-frames.ts";
import {
  challengeSchema,
  helloSchema,
  keyRotatedSchema,
  observedSchema,
  rotateKeySchema,
  welcomeSchema,
} from "./session-frames.ts";
import { statusAckSchema, statusSchema } from "./status-frames.ts";
import { cancelSchema, creditSchema, endSchema, openedSchema, openSchema } from "./stream-frames.ts";

/**
 * The frames of the tunnel. A text message is one JSON object with its kind in `t`; a kind that the receiver does not
 * know is ignored, so either side may be the newer one. Stream bytes travel in binary messages (see data.ts).
 * Sequence numbers (`seq`) order the desired set of one cluster within one epoch and start at 1.
 */

/** What the edge sends. */
export const edgeFrameSchema = z.discriminatedUnion("t", [
  challengeSchema,
  welcomeSchema,
  desiredSchema,
  snapshotBeginSchema,
  snapshotEndSchema,
  statusAckSchema,
  auditAckSchema,
  keyRotatedSchema,
  openSchema,
  creditSchema,
  endSchema,
  cancelSchema,
]);

/** What the agent sends. */
export const agentFrameSchema = z.discriminatedUnion("t", [
  helloSchema,
  ackSchema,
  statusSchema,
  observedSchema,
  auditSchema,
  rotateKeySchema,
  openedSchema,
  creditSchema,
  endSchema,
  cancelSchema,
]);

export type EdgeFrame = z.infer<typeof edgeFrameSchema>;
export type AgentFrame = z.infer<typeof agentFrameSchema>;
export type Frame = EdgeFrame | AgentFrame;
export type FrameOf<T extends Frame["t"]> = Extract<Frame, { t: T }>;
export type StreamTarget = FrameOf<"open">["target"];
export type DesiredFrame = FrameOf<"desired">;
