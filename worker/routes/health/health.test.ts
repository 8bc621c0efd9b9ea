import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { api, apiRaw } from "../../../test/workerd/api.ts";
import { createApp } from "../../app.ts";
import type { Env } from "../../env.ts";

/** The API with another environment, for what a healthy one never shows. */
const withEnv = (more: Partial<Env>, path: string): Promise<Response> => {
  const context = { waitUntil: () => {}, passThroughOnException: () => {} } as unknown as ExecutionContext;
  return Promise.resolve(
    createApp().request(`https://kubenova.test${path}`, {}, { ...env, ...more }, context),
  );
};

describe("health", () => {
  it("is alive, whatever the rest does", async () => {
    expect(await (await withEnv({ DB: undefined as never }, "/healthz")).json()).toEqual({ status: "ok" });
  });

  it("is ready where database, queue, objects and key are", async () => {
    const response = await withEnv({}, "/readyz");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "ok",
      checks: { database: { state: "ok" }, queue: { state: "ok" } },
    });
  });

  it("says which part is not ready, and no secret", async () => {
    const DB = { prepare: () => ({ first: () => Promise.reject(new Error("secret-host:5432 refused")) }) };
    const response = await withEnv({ DB: DB as never, PLATFORM_ADMIN_KEY: "too-short" }, "/readyz");
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(JSON.parse(text).checks).toMatchObject({
      database: { state: "failed" },
      objects: { state: "ok" },
      configuration: { state: "failed" },
    });
    expect(text).not.toMatch(/secret-host|too-short/);
  });
});

describe("metrics", () => {
  it("need a token", async () => {
    expect((await apiRaw("GET", "/metrics", { token: null })).status).toBe(401);
  });

  it("count requests by route and events by type, once each however often one scrapes", async () => {
    await api("PUT", "/tenants/acme", { body: {} });
    await api("PUT", "/tenants/acme", { body: { displayName: "Acme" } });
    await scrape();
    const text = await scrape();
    expect(text).toContain(
      'kubenova_http_requests_total{method="PUT",route="/api/v1/tenants/{tenant}",status="201"} 1\n',
    );
    expect(text).toContain('kubenova_events_total{type="evt.tenant.created"} 1\n');
    expect(text).toContain('kubenova_events_total{type="evt.tenant.updated"} 1\n');
    expect(text).toMatch(/# TYPE kubenova_http_request_duration_seconds histogram/);
  });

  it("tell of what waits and of what died", async () => {
    await env.DB.prepare(
      "INSERT INTO events (id, type, version, subject, actor, correlation_id, idempotency_key, occurred_at, data, shard) VALUES ('evt_x', 'evt.app.created', 1, 'app/x', 'a', 'c', 'k', ?, '{}', 4)",
    )
      .bind(Date.now() - 30_000)
      .run();
    await env.DB.prepare(
      "INSERT INTO audit_outbox (log, number, entry, shard, created_at) VALUES ('platform', 1, '{}', 4, ?)",
    )
      .bind(Date.now() - 40_000)
      .run();
    await env.DB.prepare(
      "INSERT INTO audit_logs VALUES ('platform', 7) ON CONFLICT (log) DO UPDATE SET last = 7",
    ).run();
    const text = await scrape();
    expect(text).toContain("kubenova_audit_entries_waiting 1\n");
    expect(Number(/kubenova_audit_entries_total ([0-9]+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(6);
    expect(Number(/kubenova_audit_lag_seconds ([0-9.]+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(40);
    expect(text).toContain('kubenova_outbox_undelivered{shard="4"} 1\n');
    const lag = Number(/kubenova_outbox_lag_seconds\{shard="4"\} ([0-9.]+)/.exec(text)?.[1]);
    expect(lag).toBeGreaterThanOrEqual(30);
  });
});

async function scrape(): Promise<string> {
  const response = await apiRaw("GET", "/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return response.text();
}
