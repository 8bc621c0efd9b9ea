import { z } from "zod";
import { idPattern } from "../ids/index.ts";

/** Longest reason, in characters: a sentence, never a payload. */
export const MAX_REASON_LENGTH = 512;
/** Further objects of one mutation that an entry names. */
export const MAX_RELATED = 16;
/** Groups of an actor that an entry names. */
export const MAX_GROUPS = 16;
/** The log of what belongs to no tenant. */
export const PLATFORM_LOG = "platform";

const KIND = /^[a-z][a-z-]{0,31}$/;
const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const objectSchema = z
  .string()
  .max(256)
  .regex(/^[a-z][a-z-]{0,31}\/\S+$/, "not kind/id");

const partySchema = z.strictObject({ kind: z.string().regex(KIND), id: z.string().min(1).max(128) });

/** Who did it, and the key or session that it was done with. */
export const auditActorSchema = partySchema.extend({
  keyId: z.string().max(128).optional(),
  sessionId: z.string().max(128).optional(),
  /** Of a user of a cluster, as its API server knows them. */
  groups: z.array(z.string().max(128)).max(MAX_GROUPS).optional(),
});

/**
 * One thing that somebody did, or tried. It holds no value of what was changed, only digests; each field has a bound, so
 * that an entry is at most about 8 KiB. What is absent is not there at all, so that a later field changes no old digest.
 */
export const auditEntrySchema = z.strictObject({
  id: z.string().regex(idPattern("auditEntry")),
  /** When it was asked for. */
  time: z.iso.datetime(),
  actor: auditActorSchema,
  /** Whom the actor acted for. */
  onBehalfOf: partySchema.optional(),
  action: z
    .string()
    .max(64)
    .regex(/^[A-Za-z][A-Za-z-]*(:[a-z-]+)?$/),
  /** Who saw it; the manager itself where absent. */
  source: z.literal("kubernetes").optional(),
  /** Whose API server saw it. */
  cluster: z.string().regex(idPattern("cluster")).optional(),
  /** `<kind>/<id>` of what was acted on. */
  object: objectSchema,
  /** What else the same mutation changed: MAX_RELATED of them at most. */
  related: z.array(objectSchema).max(MAX_RELATED).optional(),
  /** Id of the tenant in whose log it stands; null in the platform's. */
  tenant: z.string().regex(idPattern("tenant")).nullable(),
  outcome: z.enum(["success", "denied", "failed"]),
  reason: z.string().max(MAX_REASON_LENGTH).optional(),
  requestId: z.string().max(128),
  correlationId: z.string().max(128),
  /** SHA-256 of the canonical JSON of what was there before and is there after. */
  before: digestSchema.optional(),
  after: digestSchema.optional(),
  /** Network address that the request came from: never in the log itself, where it is part of `personal`. */
  address: z.string().max(64).optional(),
  /** What is personal, sealed with a key of the actor's that can be destroyed (domain/audit/personal.ts). */
  personal: z.string().max(512).optional(),
  /** Of a mutation: its place among the log's mutations, from 1 and without a gap. */
  number: z.int().min(1).optional(),
  /** How often it happened where like ones were counted together; at least so often. */
  count: z.int().min(2).optional(),
});

export type AuditEntry = z.output<typeof auditEntrySchema>;
export type AuditActor = AuditEntry["actor"];
export type AuditOutcome = AuditEntry["outcome"];

/** Id of the log that an entry stands in: a tenant's, or PLATFORM_LOG. */
export const logOf = (entry: Pick<AuditEntry, "tenant">): string => entry.tenant ?? PLATFORM_LOG;
