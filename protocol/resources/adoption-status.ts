import { z } from "zod";
import { messageSchema } from "./common.ts";

/** Objects that a status shows of an adoption, those that are refused first. */
export const MAX_ADOPTED = 100;

export const adoptedSchema = z.object({
  kind: z.string().max(63),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
  /** Taken: it is ours now. WouldTake: a dry run, or not yet. Mirrored: observed alone. Refused: see the message. */
  state: z.enum(["Taken", "WouldTake", "Mirrored", "Refused"]),
  message: messageSchema.optional(),
  /** Field managers whose fields would be taken. */
  managers: z.array(z.string().max(128)).max(16).meta({ "x-kubernetes-list-type": "atomic" }).optional(),
  /** Which inventory it belongs to, as `adopt.owners` may name it: `helm:shop/web`. */
  owner: z.string().max(512).optional(),
});
export type Adopted = z.infer<typeof adoptedSchema>;

export const adoptionStatusSchema = z.object({
  taken: z.int(),
  refused: z.int(),
  /** Where `adopt.laterWriters` is Refuse: whether the API server does so, or why it does not. */
  laterWriters: z.object({ refused: z.boolean(), message: messageSchema }).optional(),
  resources: z.array(adoptedSchema).max(MAX_ADOPTED).meta({ "x-kubernetes-list-type": "atomic" }),
});
export type AdoptionStatus = z.infer<typeof adoptionStatusSchema>;
