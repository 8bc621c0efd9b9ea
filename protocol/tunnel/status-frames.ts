import { z } from "zod";
import { documentStatusSchema } from "../resources/status.ts";
import { id } from "./frame-fields.ts";

export const statusSchema = z.object({
  t: z.literal("status"),
  n: z.int().min(1),
  epochId: id,
  items: z.array(documentStatusSchema).max(200),
});

/** The status report `n` is stored. */
export const statusAckSchema = z.object({ t: z.literal("status-ack"), n: z.int().min(1) });
