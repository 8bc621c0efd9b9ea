/**
 * The manager with one more route: POST /bench/append?tenant=<id>&from=<number>&count=<n> makes so many entries and appends them
 * to the tenant's log in one call, as a busy isolate does after its answers.
 */
import type { AuditEntry } from "../../domain/audit/entry.ts";
import type { Env } from "../../worker/env.ts";
import { newId } from "../../worker/ids.ts";
import * as product from "../../worker/index.ts";
import { auditStub } from "../../worker/store/database.ts";

export * from "../../worker/index.ts";

/** As long as one of a person who changes an app. */
function entryOf(tenant: string, number: number, now: number): AuditEntry {
  const app = newId("app", now);
  return {
    id: newId("auditEntry", now),
    time: new Date(now).toISOString(),
    actor: {
      kind: "user",
      id: `usr_${String(number % 500).padStart(26, "0")}`,
      sessionId: newId("session", now),
    },
    action: ["app:update", "app:create", "release:deploy", "project:update"][number % 4] as string,
    object: `app/${app}`,
    related: [`revision/${newId("revision", now)}`],
    tenant,
    outcome: "success",
    requestId: newId("request", now),
    correlationId: newId("request", now),
    before: `sha256:${String(number).padStart(64, "0")}`,
    after: `sha256:${String(number + 1).padStart(64, "0")}`,
    address: "192.0.2.7",
    number,
  };
}

async function append(env: Env, query: URLSearchParams): Promise<Response> {
  const [from, count] = [Number(query.get("from")), Number(query.get("count"))];
  const tenant = query.get("tenant") ?? "";
  const now = Date.now();
  await auditStub(env, tenant).append(
    Array.from({ length: count }, (_, i) => entryOf(tenant, from + i, now)),
  );
  return new Response();
}

/** The numbers that the entries have were never given out: the database is told of them afterwards. */
async function settle(env: Env, query: URLSearchParams): Promise<Response> {
  const last = Number(query.get("last"));
  await env.DB.prepare("UPDATE audit_logs SET last = ? WHERE log = ?").bind(last, query.get("tenant")).run();
  return new Response();
}

export default {
  ...product.default,
  fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/bench/append") return append(env, searchParams);
    if (pathname === "/bench/settle") return settle(env, searchParams);
    return product.default.fetch(request, env, context);
  },
} satisfies ExportedHandler<Env>;
