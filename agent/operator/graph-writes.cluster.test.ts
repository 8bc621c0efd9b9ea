import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { startWebhook, type Webhook } from "../../test/engine/webhook.ts";
import { until } from "../../test/lib/until.ts";
import { API, type RunningOperator, readyProject } from "../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../test/operator/operator-fixture.ts";
import { awaitTransform, inline, SETTINGS, transform } from "../../test/operator/transforms.ts";
import type { Kube } from "../kube/index.ts";

let fixture: OperatorFixture;
let kube: Kube;
let operator: RunningOperator;
let namespace: string;
let webhook: Webhook | undefined;

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  operator = await fixture.start();
  namespace = await readyProject(kube, `written${Date.now().toString(36)}`);
});
afterAll(async () => {
  await webhook?.close();
  await fixture.close();
});

const apply = (name: string, greeting: string) =>
  kube.apply(transform({ namespace, name, spec: inline(SETTINGS, { greeting }) }), { force: true });
const ref = (kind: string, name: string) => ({ apiVersion: API, kind, namespace, name });
const greeting = async (name: string) =>
  ((await kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name })).data as { greeting: string })
    .greeting;
const requests = (verb: string, resource: string) =>
  operator.requests.filter((one) => one.verb === verb && one.resource.startsWith(resource)).length;
const applies = () => requests("apply", "resourcegraphs");

/** The API server asks it about every graph, from a moment later on. */
async function refusingGraphs(words: string): Promise<Webhook> {
  const of = { apiGroup: "kubenova.io", apiVersion: "v1alpha1", resource: "resourcegraphs" };
  const started = await startWebhook(kube, { namespace, kind: "Validating", of });
  const probe = {
    ...{ apiVersion: API, kind: "ResourceGraph", metadata: { name: "probe", namespace } },
    spec: { applyAs: { kind: "Agent" }, nodes: [] },
  };
  await until("the webhook is asked", async () => {
    await kube.apply(probe, { dryRun: true, fieldManager: "probe" });
    return started.asked > 0;
  });
  started.mood = { deny: words };
  return started;
}

describe("a graph that the API server refuses", () => {
  it("is said in the resource's status in its words, once; what was applied before stays", async () => {
    await apply("refused", "one");
    await awaitTransform(kube, namespace, "refused", "Ready");
    webhook = await refusingGraphs("graphs are frozen until Monday");
    await apply("refused", "two");
    const { message, conditions = [] } = await awaitTransform(kube, namespace, "refused", "Failed");
    expect(message).toMatch(/transform-refused could not be written: .*graphs are frozen until Monday/);
    expect(message).toMatch(/what was applied before goes on$/);
    expect(conditions.find(({ type }) => type === "Ready")).toMatchObject({
      ...{ status: "False", reason: "GraphNotWritten" },
    });
    expect(await greeting("refused")).toBe("one");
    const { resourceVersion } = (await kube.get(ref("Transform", "refused"))).metadata;
    const tried = applies();
    await until("it has been tried again", () => applies() >= tried + 3);
    expect((await kube.get(ref("Transform", "refused"))).metadata.resourceVersion).toBe(resourceVersion);
  });

  it("is written by itself when it is refused no more", async () => {
    if (webhook) webhook.mood = { admit: true };
    await awaitTransform(kube, namespace, "refused", "Ready", 90_000);
    expect(await greeting("refused")).toBe("two");
    await webhook?.close();
    webhook = undefined;
  });
});

describe("a resource's graph that is rolled back by hand", () => {
  const graph = () => kube.get(ref("ResourceGraph", "transform-back"));
  const rollBack = (to: string | null) =>
    kube.patch(
      ref("ResourceGraph", "transform-back"),
      { spec: { rollbackTo: to } },
      { fieldManager: "person" },
    );

  it("stays rolled back, which the resource says; it is not written at every look", async () => {
    await apply("back", "former");
    await awaitTransform(kube, namespace, "back", "Ready");
    const { digest = "" } = (await graph()).status as ResourceGraphStatus;
    await apply("back", "newer");
    await until("the newer is applied", async () => (await greeting("back")) === "newer");
    await rollBack(digest);
    await until("the former is applied", async () => (await greeting("back")) === "former");
    const { message, conditions = [] } = await awaitTransform(kube, namespace, "back", "Degraded");
    expect(message).toContain(`carries out the former graph ${digest}`);
    expect(conditions.find(({ type }) => type === "Ready")?.reason).toBe("RolledBack");
    await until("nothing is left to do", () => operator.handle.stats().queued === 0);
    const before = applies();
    for (const poke of ["1", "2", "3"]) {
      await kube.patch(ref("Transform", "back"), { metadata: { labels: { poke } } });
      // What comes later on the same watch has been carried out.
      await apply("probe", poke);
      await until("the probe is applied", async () => (await greeting("probe").catch(() => "")) === poke);
      await until("nothing is left to do", () => operator.handle.stats().queued === 0);
    }
    expect(applies() - before).toBe(3);
    expect((await graph()).spec).toMatchObject({ rollbackTo: digest });
  });

  it("goes on to what the resource asks for when that is taken back", async () => {
    await rollBack(null);
    await awaitTransform(kube, namespace, "back", "Ready");
    expect(await greeting("back")).toBe("newer");
  });
});
