import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANNOTATION } from "../../domain/names/labels.ts";
import { type Scene, startScene } from "../attack/scene.ts";
import { until } from "../lib/until.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../services/otlp-receiver.ts";
import { configMap, declareProject, rawSpec, waitForRelease } from "./lib.ts";

/** One trace from the request at the edge to the apply of each node, at a receiver that checks what it gets. */
let receiver: OtlpReceiver;
let scene: Scene;
const APP = "/api/v1/tenants/acme/projects/shop/apps/traced";
const NAMESPACE = "acme-shop-staging";

beforeAll(async () => {
  receiver = await startOtlpReceiver({ "x-api-key": "a key" });
  const vars = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=a%20key",
  };
  scene = await startScene({ name: "tracing", manager: { vars }, env: vars });
  await declareProject(scene.api, "acme", "shop", scene.name);
});
afterAll(async () => {
  await scene?.stop();
  await receiver?.close();
});

const put = async (version: string, more: object[] = []) => {
  const [traceId, parentId] = [randomBytes(16).toString("hex"), randomBytes(8).toString("hex")];
  const headers = { traceparent: `00-${traceId}-${parentId}-01`, "x-correlation-id": `trace-${version}` };
  const answer = await scene.api.put(
    APP,
    { spec: rawSpec([configMap("one", { version }), configMap("two", { version }), ...more]) },
    { headers },
  );
  expect(answer.status).toBe(202);
  return { traceId, parentId };
};

describe("a traced deployment", () => {
  it("is one tree from the request to the apply and the readiness of each node", async () => {
    const { traceId, parentId } = await put("1");
    await waitForRelease(scene.api, APP, "staging", "Ready", 1);
    const graph = await receiver.span(traceId, `graph ${NAMESPACE}/app-traced`);
    const request = await receiver.span(traceId, /^PUT /);
    const of = (name: string | RegExp): Promise<ReceivedSpan> => receiver.span(traceId, name);
    const deliver = await of("deliver");
    const render = await of("render NovaApp traced");
    expect(request).toMatchObject({ parentSpanId: parentId, service: "kubenova-manager", kind: 2 });
    expect((await of("d1 commit")).parentSpanId).toBe(request.spanId);
    expect(deliver.parentSpanId).toBe(request.spanId);
    expect(await of("push")).toMatchObject({ parentSpanId: deliver.spanId, service: "kubenova-manager" });
    expect(await of("write NovaApp traced")).toMatchObject({
      parentSpanId: deliver.spanId,
      service: "kubenova-agent",
      attributes: { "kubenova.correlation_id": "trace-1" },
    });
    expect(render.parentSpanId).toBe(deliver.spanId);
    expect((await of("write ResourceGraph app-traced")).parentSpanId).toBe(render.spanId);
    expect(graph).toMatchObject({
      parentSpanId: render.spanId,
      attributes: { "kubenova.phase": "Ready", "kubenova.tenant": "acme", "kubenova.app": "traced" },
    });
    for (const name of ["one", "two"]) {
      const [apply, ready] = [await of(`apply ConfigMap ${name}`), await of(`ready ConfigMap ${name}`)];
      expect([apply.parentSpanId, ready.parentSpanId]).toEqual([graph.spanId, graph.spanId]);
      expect(apply.startNs >= graph.startNs && ready.endNs <= graph.endNs).toBe(true);
    }
    expect(receiver.problems).toEqual([]);
    await everyParentIsThere(traceId, parentId);
  });

  it("that changes one object has the apply of that one alone, and shows what failed", async () => {
    const outside = configMap("three", {}, "kube-system") as object;
    const { traceId } = await put("1", [outside]);
    const failed = await receiver.span(traceId, "apply ConfigMap three");
    expect(failed.error).toMatch(/forbidden/);
    const graph = await receiver.span(traceId, /^graph /);
    expect([graph.attributes["kubenova.phase"], graph.error]).toEqual([
      "Failed",
      expect.stringMatching(/three/),
    ]);
    const applies = receiver.spans.filter(
      (span) => span.traceId === traceId && span.name.startsWith("apply "),
    );
    expect([...new Set(applies.map(({ name }) => name))]).toEqual(["apply ConfigMap three"]);
  });

  it("that its caller does not want recorded leaves no span, and no annotation in the cluster", async () => {
    const traceId = randomBytes(16).toString("hex");
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-00` };
    await scene.api.put(APP, { spec: rawSpec([configMap("one", { version: "quiet" })]) }, { headers });
    await waitForRelease(scene.api, APP, "staging", "Ready", 3);
    const { metadata } = await scene.kubectl.json<{ metadata: { annotations: Record<string, string> } }>(
      ...(["get", "novaapp", "traced", "-n", NAMESPACE] as const),
    );
    expect(metadata.annotations[ANNOTATION.traceparent]).toBeUndefined();
    expect(receiver.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  it("goes on where nobody takes the spans; the agent counts what was lost", async () => {
    await receiver.close();
    await put("lost");
    await waitForRelease(scene.api, APP, "staging", "Ready", 4);
    await until("spans were dropped", async () => {
      const text = await (await fetch(`${scene.agent.url}/metrics`)).text();
      return /kubenova_agent_trace_spans_total\{result="dropped"\} [1-9]/.test(text);
    });
  });
});

/** Spans come in any order: in the end the tree has no hole. */
const everyParentIsThere = (traceId: string, root: string) =>
  until("each span's parent is there", () => {
    const spans = receiver.spans.filter((span) => span.traceId === traceId);
    const ids = new Set([root, ...spans.map(({ spanId }) => spanId)]);
    return spans.every(({ parentSpanId }) => parentSpanId !== undefined && ids.has(parentSpanId));
  });
