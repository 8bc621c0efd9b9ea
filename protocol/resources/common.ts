import { z } from "zod";
import { MAX_MESSAGE_LENGTH } from "./status.ts";

export const GROUP = "kubenova.io";
export const VERSION = "v1alpha1";

/**
 * Kept on each resource of ours until what it made is gone. Whoever writes a NovaTenant, NovaProject or NovaApp puts
 * it on in the same apply (`withFinalizer`): a finalizer added later would be one more write.
 */
export const FINALIZER = "kubenova.io/prune";

/** The resource with our finalizer. */
export function withFinalizer<T extends { metadata: object }>(resource: T) {
  return { ...resource, metadata: { ...resource.metadata, finalizers: [FINALIZER] } };
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const idSchema = z.string().min(1).max(64);
export const namespaceSchema = z.string().max(63).regex(dnsLabel);
export const objectNameSchema = z.string().min(1).max(253);
export const shortNameSchema = z.string().min(1).max(63);
export const messageSchema = z.string().max(MAX_MESSAGE_LENGTH);
export const timeSchema = z.iso.datetime();

/**
 * By the Kubernetes conventions (and kstatus): `Ready` says how it stands, `Reconciling` is True while something is
 * under way, `Stalled` is True where only a change of the input or of the world will help.
 */
export const conditionSchema = z.object({
  type: z.string().min(1).max(316),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/),
  message: z.string().max(32_768),
  observedGeneration: z.int().min(0).optional(),
  lastTransitionTime: timeSchema,
});
export type Condition = z.infer<typeof conditionSchema>;

export const conditionsSchema = z
  .array(conditionSchema)
  .max(16)
  .meta({
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
  });

export const countsSchema = z.object({ total: z.int(), ready: z.int(), failed: z.int() });
export type Counts = z.infer<typeof countsSchema>;
