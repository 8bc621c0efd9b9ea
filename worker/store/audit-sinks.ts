import type { Env } from "../env.ts";
import { sealer } from "../sealing/index.ts";
import { guardThat, insertRow, type Row, selection } from "./rows.ts";
import { auditSinks } from "./schema/index.ts";

export type AuditSink = typeof auditSinks.$inferSelect;

const fields = selection(auditSinks, "s");

export const selectSink = (db: D1Database, log: string): D1PreparedStatement =>
  db.prepare(`SELECT ${fields.columns}, s.log AS s_id FROM audit_sinks s WHERE s.log = ?`).bind(log);

export const sinkOf = (row: Row | null | undefined): AuditSink | undefined =>
  row ? fields.decode(row) : undefined;

export const findSink = async (db: D1Database, log: string): Promise<AuditSink | undefined> =>
  sinkOf(await selectSink(db, log).first<Row>());

/** Fails the batch where a log's sink is another than was read. */
const guardSink = (db: D1Database, log: string, read: AuditSink | undefined): D1PreparedStatement =>
  guardThat(db, "(SELECT version FROM audit_sinks WHERE log = ?) IS ?", log, read?.version ?? null);

/** In the place of what was read. */
export const putSink = (
  db: D1Database,
  sink: AuditSink,
  read: AuditSink | undefined,
): D1PreparedStatement[] => [...deleteSink(db, sink.log, read), insertRow(db, auditSinks, sink)];

export const deleteSink = (
  db: D1Database,
  log: string,
  read: AuditSink | undefined,
): D1PreparedStatement[] => [
  guardSink(db, log, read),
  db.prepare("DELETE FROM audit_sinks WHERE log = ?").bind(log),
];

const placeOf = ({ log, tenantId }: Pick<AuditSink, "log" | "tenantId">) =>
  ({ tenantId, purpose: "audit-sink.token", id: log }) as const;

/** @throws KubeNovaError KN-1901, KN-1903, KN-1904, KN-1906 */
export const sealSinkToken = (
  env: Env,
  sink: Pick<AuditSink, "log" | "tenantId">,
  token: string,
): Promise<string> => sealer(env).seal(placeOf(sink), token);

/** @throws KubeNovaError KN-1901, KN-1903 … KN-1906 */
export const sinkToken = async (env: Env, sink: AuditSink): Promise<string | undefined> =>
  sink.token === null ? undefined : sealer(env).open(placeOf(sink), sink.token);
