import { KubeNovaError } from "../../../domain/errors/index.ts";
import { sameOrigin } from "../../../domain/outbound/url.ts";
import { assertOutboundUrl, outboundOf } from "../../outbound/guarded-fetch.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import type { LogRow } from "../../store/audit-queries.ts";
import {
  type AuditSink,
  deleteSink,
  putSink,
  sealSinkToken,
  selectSink,
  sinkOf,
} from "../../store/audit-sinks.ts";
import { auditStub, directory } from "../../store/database.ts";
import { type Place, paramsAt, readLog } from "../audit/place.ts";
import { notThere } from "../shared/giving.ts";
import { changed } from "./changed.ts";
import { putSinkSchema, sinkExample, sinkJson, sinkSchema, sinkWriteExample } from "./sink-schema.ts";

/** The log, once the caller may see it, and where it is streamed to. */
export async function readSink<Q>(call: Call<unknown, Q>): Promise<{ row: LogRow; sink?: AuditSink }> {
  const row = await readLog(call);
  const db = directory(call.env);
  const [found] = await call.look(db, [selectSink(db, row.log)]);
  const sink = sinkOf(found?.results[0]);
  return sink ? { row, sink } : { row };
}

/** A stream is the whole log, addresses too: who sets one gets no more than he could fetch. @throws KubeNovaError KN-1102 */
function requireReading<Q, B>(call: Call<unknown, Q, B>, { kind }: Place, { tenantId }: LogRow): void {
  const log = tenantId ? { tenantId } : {};
  for (const verb of ["get", "export"] as const) call.require(`${kind}:${verb}`, log);
}

/** A token that nobody is shown goes to nobody else either, just since the URL is another. @throws KubeNovaError KN-1002 */
function mayKeepToken(before: AuditSink, url: string): void {
  if (before.token === null || sameOrigin(before.url, url)) return;
  const origin = new URL(before.url).origin;
  throw notThere("token", `it was given for ${origin}; for another origin give it anew, or null for none`);
}

/** @throws KubeNovaError KN-1200 */
export function presentSink(sink: AuditSink | undefined): AuditSink {
  if (!sink) throw new KubeNovaError("KN-1200", "This log is streamed nowhere.");
  return sink;
}

export const getAuditSink = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}/sink` as `/${string}`,
    operationId: `get${place.suffix}AuditSink`,
    tag: "audit",
    summary: `Get where ${place.whose} audit log is streamed to`,
    action: `${place.kind}-sink:get`,
    ...paramsAt(place),
    conditional: ["If-None-Match"],
    answers: {
      200: { description: "The stream.", schema: sinkSchema, example: sinkExample, headers: ["ETag"] },
    },
    errors: ["KN-1200"],
    async handler(call) {
      const { row, sink } = await readSink(call);
      const present = presentSink(sink);
      const { sink: state } = await auditStub(call.env, row.log).trail();
      return { status: 200, body: sinkJson(present, state), etag: etagOf(present.version, state) };
    },
  });

export const putAuditSink = (place: Place): Route =>
  defineRoute({
    method: "put",
    path: `${place.path}/sink` as `/${string}`,
    operationId: `put${place.suffix}AuditSink`,
    tag: "audit",
    summary: `Stream ${place.whose} audit log to a SIEM`,
    description:
      "Each entry comes at least once and in order, with its id and index. What was delivered before stays delivered where a stream is changed. Whoever sets it must be allowed to read and export the log, too. Another origin of the URL wants the `token` anew, or null.",
    action: `${place.kind}-sink:update`,
    ...paramsAt(place),
    body: { schema: putSinkSchema, example: sinkWriteExample },
    conditional: ["If-Match", "If-None-Match"],
    answers: {
      200: {
        description: "The stream as it was set.",
        schema: sinkSchema,
        example: sinkExample,
        headers: ["ETag"],
      },
    },
    errors: ["KN-1610"],
    async handler(call) {
      const { row, sink: before } = await readSink(call);
      requireReading(call, place, row);
      call.checkPrecondition(before);
      const { url, format, personal = false, token, from = "now" } = call.body;
      assertOutboundUrl(outboundOf(call.env, row.tenantId), url);
      if (token === undefined && before) mayKeepToken(before, url);
      const stub = auditStub(call.env, row.log);
      const size = from === "now" && !before ? (await stub.head()).size : 0;
      const sink: AuditSink = {
        log: row.log,
        tenantId: row.tenantId,
        url,
        format,
        token: token ? await sealSinkToken(call.env, row, token) : null,
        fromIndex: before?.fromIndex ?? size,
        personal,
        version: (before?.version ?? 0) + 1,
        createdAt: before?.createdAt ?? call.now,
        updatedAt: call.now,
      };
      if (token === undefined && before) sink.token = before.token;
      const db = directory(call.env);
      const after = { host: new URL(url).host, format, personal, hasToken: sink.token !== null };
      const answer = await call.commit({
        db,
        statements: putSink(db, sink, before),
        ...changed(row, "audit-sink-set", after),
        answer: { status: 200, body: sinkJson(sink, null), etag: etagOf(sink.version) },
      });
      call.waitUntil(stub.settingsChanged());
      return answer;
    },
  });

export const deleteAuditSink = (place: Place): Route =>
  defineRoute({
    method: "delete",
    path: `${place.path}/sink` as `/${string}`,
    operationId: `delete${place.suffix}AuditSink`,
    tag: "audit",
    summary: `Stream ${place.whose} audit log no more`,
    action: `${place.kind}-sink:delete`,
    ...paramsAt(place),
    conditional: ["If-Match"],
    answers: { 204: { description: "It is streamed nowhere." } },
    errors: ["KN-1200"],
    async handler(call) {
      const { row, sink } = await readSink(call);
      call.checkPrecondition(presentSink(sink));
      const db = directory(call.env);
      const answer = await call.commit({
        db,
        statements: deleteSink(db, row.log, sink),
        ...changed(row, "audit-sink-deleted", null),
        answer: { status: 204 },
      });
      call.waitUntil(auditStub(call.env, row.log).settingsChanged());
      return answer;
    },
  });
