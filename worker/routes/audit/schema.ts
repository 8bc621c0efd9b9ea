import { z } from "zod";
import type { PlacedEntry } from "../../../domain/audit/csv.ts";
import { auditEntrySchema } from "../../../domain/audit/entry.ts";
import type { AuditQuery } from "../../../domain/audit/query.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import type { LeafAt } from "../../../durable-objects/rpc.ts";
import { revealed } from "../../audit/personal.ts";
import type { Env } from "../../env.ts";
import { DEFAULT_PAGE_SIZE } from "../../store/pages.ts";
import { limitTextSchema } from "../shared/limit.ts";
import { pageOf } from "../shared/paging.ts";

export const ENTRY_ID = "aud_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";

/** Lenient where later entries may hold more: an answer gives what the log holds. */
export const entrySchema = z
  .object({
    ...auditEntrySchema.shape,
    index: z.int().min(0).meta({ description: "Its place in the log, from 0." }),
    previous: z
      .string()
      .nullable()
      .meta({ description: "Hash of the leaf before it, in hex; null in the first." }),
  })
  .meta({ id: "AuditEntry" });

export const entryPageSchema = pageOf(entrySchema).meta({ id: "AuditPage" });

export const entryExample = {
  id: ENTRY_ID,
  index: 41,
  number: 40,
  time: "2026-11-21T10:00:00.000Z",
  actor: { kind: "user", id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB", sessionId: "ses_01KAJ7Z8Q4X2N6V0D3M5R9T1WB" },
  action: "app:update",
  object: "app/app_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  tenant: "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  outcome: "success" as const,
  requestId: "req_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  correlationId: "req_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  before: `sha256:${"0f".repeat(32)}`,
  after: `sha256:${"1e".repeat(32)}`,
  address: "192.0.2.7",
  previous: "2d".repeat(32),
};

const sizeText = z.string().regex(/^[0-9]{1,15}$/, "a number");
const timeText = z.iso.datetime({ offset: true });

export const auditQuerySchema = z.strictObject({
  actor: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .meta({ description: "Id of who did it.", examples: ["platform-admin"] }),
  action: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ examples: ["app:update"] }),
  object: z
    .string()
    .max(256)
    .regex(/^[a-z][a-z-]*\/\S*$/, "kind/id, or kind/")
    .optional()
    .meta({
      description: "What was acted on; `app/` gives all apps.",
      examples: ["app/app_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"],
    }),
  outcome: z
    .enum(["success", "denied", "failed"])
    .optional()
    .meta({ examples: ["denied"] }),
  since: timeText.optional().meta({ examples: ["2026-11-21T00:00:00Z"] }),
  until: timeText.optional().meta({ description: "Not included.", examples: ["2026-11-22T00:00:00Z"] }),
  q: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .meta({
      description: "Words that all stand in the entry: ids, actions, objects, reasons, correlation ids.",
      examples: ["app update"],
    }),
  cursor: sizeText.optional().meta({
    description: "`nextCursor` of the page before: only entries whose index is below.",
    examples: ["41"],
  }),
  limit: limitTextSchema.optional(),
});

export const queryOf = (query: z.output<typeof auditQuerySchema>): AuditQuery => ({
  actor: query.actor,
  action: query.action,
  object: query.object,
  outcome: query.outcome,
  since: query.since === undefined ? undefined : Date.parse(query.since),
  until: query.until === undefined ? undefined : Date.parse(query.until),
  text: query.q,
  before: query.cursor === undefined ? undefined : Number(query.cursor),
  limit: query.limit ? Number(query.limit) : DEFAULT_PAGE_SIZE,
});

export const entryIdSchema = z
  .string()
  .regex(idPattern("auditEntry"))
  .meta({ examples: [ENTRY_ID] });

/** A number of leaves in a query. */
export const sizeSchema = (description: string, example: string) =>
  sizeText.meta({ description, examples: [example] });

/** Entries as they are answered: what was hashed, its place, and the address of whom nobody has forgotten. */
export const entriesJson = (env: Env, leaves: readonly LeafAt[]): Promise<PlacedEntry[]> =>
  revealed(
    env,
    leaves.map(({ index, leaf }): PlacedEntry => ({ index, ...JSON.parse(leaf) })),
  );
