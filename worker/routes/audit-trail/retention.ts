import { z } from "zod";
import {
  DEFAULT_RETENTION_DAYS,
  MAX_RETENTION_DAYS,
  MIN_RETENTION_DAYS,
} from "../../../domain/audit/bundle.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { findRetention, setRetention } from "../../store/audit-settings.ts";
import { auditStub, directory } from "../../store/database.ts";
import { type Place, paramsAt, readLog } from "../audit/place.ts";
import { changed } from "./changed.ts";

const daysSchema = z
  .int()
  .min(MIN_RETENTION_DAYS)
  .max(MAX_RETENTION_DAYS)
  .meta({ description: "Days that entries are kept." });

const writeSchema = z.strictObject({ retentionDays: daysSchema }).meta({ id: "AuditRetentionWrite" });
const retentionSchema = z
  .object({
    retentionDays: daysSchema,
    archived: z.int().meta({ description: "Entries older than 90 days, which stand in bundles in R2." }),
    locked: z
      .int()
      .nullable()
      .meta({ description: "Entries that stand in the locked bucket too; null where there is none." }),
    error: z.string().nullable().meta({ description: "Why the last daily round failed." }),
  })
  .meta({ id: "AuditRetention" });
const example = { retentionDays: DEFAULT_RETENTION_DAYS, archived: 12_000, locked: 15_210, error: null };

/** A log's retention has no version of its own: the figure is what If-Match names. */
const daysOf = (found: D1Result<Record<string, unknown>> | undefined): number =>
  (found?.results[0] as { days: number } | undefined)?.days ?? DEFAULT_RETENTION_DAYS;

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
      const retentionDays = daysOf(found);
      const { archived, worm, error } = await auditStub(call.env, log).trail();
      const progress = { archived, locked: worm, error };
      return { status: 200, body: { retentionDays, ...progress }, etag: etagOf(retentionDays, progress) };
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
        schema: writeSchema,
        example: { retentionDays: 3_650 },
        headers: ["ETag"],
      },
    },
    async handler(call) {
      const row = await readLog(call);
      const db = directory(call.env);
      const [found] = await call.look(db, [findRetention(db, row.log)]);
      const before = daysOf(found);
      call.checkPrecondition({ version: before });
      const { retentionDays } = call.body;
      const answer = await call.commit({
        db,
        statements: setRetention(db, row.log, before, retentionDays, call.now),
        ...changed(row, "audit-retention-set", { retentionDays }),
        answer: { status: 200, body: { retentionDays }, etag: etagOf(retentionDays) },
      });
      call.waitUntil(auditStub(call.env, row.log).settingsChanged(retentionDays));
      return answer;
    },
  });
