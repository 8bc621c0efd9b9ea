import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MAX_WAITING_SPANS } from "../../domain/trace/queue.ts";
import { adminToken } from "../../test/workerd/api.ts";
import { createApp } from "../app.ts";
import type { Env } from "../env.ts";
import { takeSpanCounts } from "../tracing/export.ts";

const PARENT = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const traceparent = (flags: string) => `00-${PARENT.traceId}-${PARENT.spanId}-${flags}`;
const ON = {
  OTEL_EXPORTER_OTLP_ENDPOINT: "https://otel.test/base/",
  OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=k%20k",
};

interface Exported {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Record<string, string> }[];
}

const app = createApp();

/** Calls the Worker with these variables. @returns what it exported, and each request that it made */
async function call(
  vars: Partial<Env>,
  headers: Record<string, string> = {},
  receiver = () => new Response(),
) {
  const requests: Request[] = [];
  const bodies: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as string, init);
    requests.push(request.clone());
    bodies.push(await request.text());
    return receiver();
  });
  const context = createExecutionContext();
  const authorization = { authorization: `Bearer ${await adminToken()}` };
  const request = new Request("https://kubenova.test/api/v1/tenants/traced", {
    method: "PUT",
    headers: { ...authorization, "content-type": "application/json", ...headers },
    body: JSON.stringify({ displayName: crypto.randomUUID() }),
  });
  const response = await app.fetch(request, { ...env, ...vars } as Env, context);
  await response.text();
  await waitOnExecutionContext(context);
  const spans = bodies.flatMap((body) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans as Exported[]);
  return { response, requests, spans };
}

afterEach(() => {
  vi.restoreAllMocks();
  takeSpanCounts();
});

describe("tracing", () => {
  it("is off where nothing says where traces go: no request leaves", async () => {
    const { response, requests } = await call({}, { traceparent: traceparent("01") });
    expect(response.status).toBeLessThan(300);
    expect(requests).toEqual([]);
  });

  it("goes on with a caller's trace: the request, its round trips to the database, its delivery", async () => {
    const { response, requests, spans } = await call(ON, {
      traceparent: traceparent("01"),
      "x-correlation-id": "checkout-42",
    });
    expect(response.status).toBe(200);
    expect(requests[0]?.url).toBe("https://otel.test/base/v1/traces");
    expect(requests[0]?.headers.get("x-api-key")).toBe("k k");
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([PARENT.traceId]));
    const server = spans.find(({ parentSpanId }) => parentSpanId === PARENT.spanId);
    expect(server?.name).toBe("PUT /api/v1/tenants/{tenant}");
    const said = Object.fromEntries(
      server?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? [],
    );
    expect(said).toMatchObject({
      "http.response.status_code": "200",
      "kubenova.correlation_id": "checkout-42",
      "kubenova.tenant": "traced",
    });
    const children = spans.filter(({ parentSpanId }) => parentSpanId === server?.spanId);
    expect(children.map(({ name }) => name).sort()).toEqual(["d1 commit", "d1 read", "deliver"]);
    expect(takeSpanCounts()).toEqual({ exported: 4, dropped: 0 });
  });

  it.each(["junk", `00-${"0".repeat(32)}-${PARENT.spanId}-01`])("begins anew behind %s", async (text) => {
    const { spans } = await call(ON, { traceparent: text });
    const [root] = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    expect(root?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(root?.traceId).not.toBe(PARENT.traceId);
  });

  it("leaves out what its caller, or the sampler, does not want recorded", async () => {
    expect((await call(ON, { traceparent: traceparent("00") })).requests).toEqual([]);
    expect((await call({ ...ON, OTEL_TRACES_SAMPLER_ARG: "0" })).requests).toEqual([]);
    const asked = await call({ ...ON, OTEL_TRACES_SAMPLER_ARG: "0" }, { traceparent: traceparent("01") });
    expect(asked.spans.length).toBeGreaterThan(0);
  });

  it("is no business of a caller who is nobody: neither whether, nor in which trace", async () => {
    const nobody = { authorization: "Bearer none", traceparent: traceparent("01") };
    const never = await call({ ...ON, OTEL_TRACES_SAMPLER_ARG: "0" }, nobody);
    expect([never.response.status, never.requests]).toEqual([401, []]);
    const { spans } = await call(ON, nobody);
    expect(spans).toHaveLength(1);
    expect(spans[0]?.traceId).not.toBe(PARENT.traceId);
    expect(spans[0]?.parentSpanId).toBeUndefined();
  });

  it.each([
    ["that refuses", () => new Response(null, { status: 503 })],
    ["that redirects", () => new Response(null, { status: 302, headers: { location: "https://a.test" } })],
    [
      "that cannot be reached",
      () => {
        throw new TypeError("connection refused");
      },
    ],
  ])("never fails a request for a receiver %s; what was lost is counted", async (_name, receiver) => {
    const { response } = await call(ON, {}, receiver);
    expect(response.status).toBe(200);
    const { exported, dropped } = takeSpanCounts();
    expect([exported, dropped > 0 && dropped <= MAX_WAITING_SPANS]).toEqual([0, true]);
  });

  it("is off where a variable is wrong, which is logged without its value", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const { response, requests } = await call({ ...ON, OTEL_EXPORTER_OTLP_HEADERS: "top secret" });
    expect(response.status).toBe(200);
    expect(requests).toEqual([]);
    expect(JSON.stringify(logged.mock.calls)).toMatch(/OTEL_EXPORTER_OTLP_HEADERS(?!.*top secret)/);
  });
});
