import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Span } from "../../domain/trace/otlp.ts";
import { MAX_WAITING_SPANS } from "../../domain/trace/queue.ts";
import { until } from "../../test/lib/until.ts";
import { silentLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { createExporter } from "./exporter.ts";

const span = (name: string): Span => ({
  ...{ traceId: "a".repeat(32), spanId: "b".repeat(16), name, kind: "internal" },
  ...{ startMs: 1, endMs: 2, attributes: {} },
});

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function receiver(status: number | "silent") {
  const bodies: { path: string; key: string | undefined; text: string }[] = [];
  server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    bodies.push({ path: request.url ?? "", key: request.headers["x-key"] as string, text });
    if (status !== "silent") response.writeHead(status, { location: "http://127.0.0.1:1/" }).end();
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const metrics = createMetrics();
  const target = { url: `http://127.0.0.1:${port}/v1/traces`, headers: { "x-key": "k" } };
  const parts = { resource: { "service.name": "kubenova-agent" }, metrics, log: silentLogger };
  const count = (result: string) =>
    Number(new RegExp(`spans_total\\{result="${result}"\\} (\\d+)`).exec(metrics.text())?.[1] ?? 0);
  return { bodies, count, exporter: createExporter(target, parts) };
}

describe("spans", () => {
  it("leave in one batch, with the headers that were asked for, and the last ones at the end", async () => {
    const { bodies, count, exporter } = await receiver(200);
    for (const name of ["a", "b", "c"]) exporter.add(span(name));
    await until("they were exported", () => count("exported") === 3);
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toMatchObject({ path: "/v1/traces", key: "k" });
    exporter.add(span("last"));
    await exporter.stop();
    expect(count("exported")).toBe(4);
    expect(bodies[1]?.text).toContain('"name":"last"');
  });

  it.each([500, 302])("are dropped and counted where the receiver answers %i", async (status) => {
    const { bodies, count, exporter } = await receiver(status);
    exporter.add(span("a"));
    await exporter.stop();
    expect([count("exported"), count("dropped"), bodies.length]).toEqual([0, 1, 1]);
  });

  it("are dropped and counted beyond the queue's room where nobody takes them, and adding never waits", async () => {
    const { bodies, count, exporter } = await receiver("silent");
    exporter.add(span("first"));
    await until("the receiver holds a batch", () => bodies.length === 1);
    // Nothing to wait for is given back.
    for (let i = 0; i < MAX_WAITING_SPANS + 5; i += 1) expect(exporter.add(span("more"))).toBeUndefined();
    server?.closeAllConnections();
    await until("what was lost is counted", () => count("dropped") >= 6);
    await exporter.stop();
  });
});
