import { z } from "zod";
import {
  DEFAULT_RETENTION_DAYS,
  MAX_RETENTION_DAYS,
  MIN_RETENTION_DAYS,
} from "../../../domain/audit/bundle.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import {
  effectiveDays,
  findRetention,
  type Retention,
  retentionOf,
  setRetention,
} from "../../store/audit-settings.ts";
import { auditStub, directory } from "../../store/database.ts";
import { type Place, paramsAt, readLog } from "../audit/place.ts";
import { changed } from "./changed.ts";

const daysSchema = z
  .int()
  .min(MIN_RETENTION_DAYS)
  .max(MAX_RETENTION_DAYS)
  .meta({ description: "Days that entries are kept." });

const writeSchema = z
  .strictObject({
    retentionDays: daysSchema.nullable().meta({ description: "Null: its plan's, or else the default." }),
  })
  .meta({ id: "AuditRetentionWrite" });
const heldFields = {
  retentionDays: daysSchema,
  source: z.enum(["own", "plan", "default"]).meta({ description: "Who says so." }),
};
const heldSchema = z.object(heldFields).meta({ id: "AuditRetentionHeld" });
const retentionSchema = z
  .object({
    ...heldFields,
    archived: z.int().meta({ description: "Entries older than 90 days, which stand in bundles in R2." }),
    locked: z
      .int()
      .nullable()
      .meta({ description: "Entries that stand in the locked bucket too; null where there is none." }),
    error: z.string().nullable().meta({ description: "Why the last daily round failed." }),
  })
  .meta({ id: "AuditRetention" });
const heldExample = { retentionDays: 3_650, source: "own" as const };
const example = { ...heldExample, archived: 12_000, locked: 15_210, error: null };

/** A log's retention has no version of its own: the figure that holds is what If-Match names. */
const heldOf = (retention: Retention) => {
  const { own, plan } = retention;
  const source = own !== null ? "own" : plan !== null ? "plan" : "default";
  return { retentionDays: effectiveDays(retention), source };
};

export const getAuditRetention = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}/retention` as `/${string}`,
    operationId: `get${place.suffix}AuditRetention`,
    tag: "audit",
    summary: `Get how long ${place.whose} audit log is kept`,
    action: `${place.kind}-retention:get`,
    ...paramsAt(place),
    conditional: ["If-None-Match"],
    answers: {
      200: {
        description: "Retention, and how far it is.",
        schema: retentionSchema,
        example,
        headers: ["ETag"],
      },
    },
    async handler(call) {
      const { log } = await readLog(call);
      const db = directory(call.env);
      const [found] = await call.look(db, [findRetention(db, log)]);
      const held = heldOf(retentionOf(found?.results[0]));
      const { archived, worm, error } = await auditStub(call.env, log).trail();
      const progress = { archived, locked: worm, error };
      const body = { ...held, ...progress };
      return { status: 200, body, etag: etagOf(held.retentionDays, body) };
    },
  });

export const putAuditRetention = (place: Place): Route =>
  defineRoute({
    method: "put",
    path: `${place.path}/retention` as `/${string}`,
    operationId: `put${place.suffix}AuditRetention`,
    tag: "audit",
    summary: `Set how long ${place.whose} audit log is kept`,
    description:
      "Bundles in R2 whose entries are all older are deleted within a day; the hashes of their leaves stay, and with them every proof.",
    action: "audit-retention:update",
    ...paramsAt(place),
    body: { schema: writeSchema, example: { retentionDays: DEFAULT_RETENTION_DAYS } },
    conditional: ["If-Match", "If-None-Match"],
    answers: {
      200: {
        description: "As it is now.",
        schema: heldSchema,
        example: heldExample,
        headers: ["ETag"],
      },
    },
    async handler(call) {
      const row = await readLog(call);
      const db = directory(call.env);
      const [found] = await call.look(db, [findRetention(db, row.log)]);
      const before = retentionOf(found?.results[0]);
      call.checkPrecondition({ version: effectiveDays(before) });
      const after = { ...before, own: call.body.retentionDays };
      const held = heldOf(after);
      const answer = await call.commit({
        db,
        statements: setRetention(db, row.log, before.own, after.own, call.now),
        ...changed(row, "audit-retention-set", held),
        answer: { status: 200, body: held, etag: etagOf(held.retentionDays) },
      });
      call.waitUntil(auditStub(call.env, row.log).settingsChanged(true));
      return answer;
    },
  });
