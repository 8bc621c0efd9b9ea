import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Graphs, mapNode } from "../../test/engine/team-graphs.ts";
import { startWebhook, type Webhook, type WebhookOptions } from "../../test/engine/webhook.ts";
import { until } from "../../test/lib/until.ts";
import type { RunningOperator } from "../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../test/operator/operator-fixture.ts";
import type { Kube } from "../kube/index.ts";

let fixture: OperatorFixture;
let kube: Kube;
let operator: RunningOperator;
let graphs: Graphs;
let webhook: Webhook | undefined;

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  operator = await fixture.start();
  graphs = await Graphs.open(kube, `admission-${Date.now().toString(36)}`);
});
afterEach(async () => {
  await webhook?.close();
  webhook = undefined;
});
afterAll(async () => {
  await graphs.close();
  await fixture.close();
});

const start = async (kind: WebhookOptions["kind"], failurePolicy: "Fail" | "Ignore" = "Fail") => {
  webhook = await startWebhook(kube, { namespace: graphs.namespace, kind, failurePolicy });
  const started = webhook;
  // The API server reads configurations a moment later.
  await until("the webhook is called", async () => {
    await kube.apply(
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "probe", namespace: graphs.namespace },
        data: {},
      },
      { dryRun: true, fieldManager: "probe" },
    );
    return started.asked > 0;
  });
  return started;
};
const data = async (name: string) => (await graphs.live({ apiVersion: "v1", kind: "ConfigMap" }, name)).data;
const applies = () =>
  operator.requests.filter(({ verb, resource }) => verb === "apply" && resource === "configmaps").length;

describe("a webhook that denies", () => {
  it("is shown in its own words; the node goes on by itself when it changes its mind", async () => {
    const hook = await start("Validating");
    hook.mood = { deny: "team is missing, ask platform@acme.test" };
    await graphs.write("denied", [mapNode("denied"), mapNode("after", {}, { dependsOn: ["denied"] })]);
    const node = await graphs.awaitNode(
      "denied",
      "denied",
      "Failed",
      "team is missing, ask platform@acme.test",
    );
    expect(node.message).toContain("configmaps.webhook.test");
    await graphs.awaitNode("denied", "after", "Blocked");
    hook.mood = { admit: true };
    await graphs.awaitReady("denied");
  });
});

describe("a webhook that does not answer", () => {
  it("with failurePolicy Fail is named, and waited for", async () => {
    const hook = await start("Validating");
    hook.mood = { hang: true };
    await graphs.write("slow", [mapNode("slow")]);
    await graphs.await("slow", "names it", (_, node) =>
      /configmaps\.webhook\.test/.test(node("slow")?.message ?? ""),
    );
    hook.mood = { admit: true };
    await graphs.awaitReady("slow");
  });

  it("with failurePolicy Ignore holds nothing up", async () => {
    const hook = await start("Validating", "Ignore");
    hook.mood = { hang: true };
    await graphs.write("ignored", [mapNode("ignored")]);
    await graphs.awaitReady("ignored");
  });
});

describe("a webhook that changes what is sent", () => {
  it("is seen and said, and not fought with", async () => {
    const hook = await start("Mutating");
    hook.mood = { set: { a: "theirs" } };
    await graphs.write("mutated", [mapNode("mutated", { a: "ours", b: "2" })]);
    const status = await graphs.awaitReady("mutated");
    expect(status.nodes?.[0]?.message).toBe("an admission changed what was sent: .data.a");
    expect(await data("mutated")).toEqual({ a: "theirs", b: "2" });
    const before = applies();
    // A change of somebody else's makes the engine look again: there is nothing to do.
    const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: graphs.namespace, name: "mutated" };
    await kube.patch(ref, { metadata: { annotations: { theirs: "1" } } }, { fieldManager: "person" });
    await graphs.write("sentinel", [mapNode("sentinel", { a: "theirs" })]);
    await graphs.awaitReady("sentinel");
    expect(applies()).toBe(before + 1);
  });
});

describe("a quota", () => {
  it("is shown in its own words; the node goes on by itself when it is gone", async () => {
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      namespace: graphs.namespace,
      name: "few-secrets",
    };
    const { apiVersion, kind, namespace, name } = quota;
    await kube.apply({
      apiVersion,
      kind,
      metadata: { namespace, name },
      spec: { hard: { "count/secrets": "0" } },
    });
    await until("the quota is counted", async () => (await kube.get(quota)).status !== undefined);
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "over" }, stringData: { a: "1" } };
    await graphs.write("quota", [{ id: "over", object: secret }]);
    await graphs.awaitNode("quota", "over", "Failed", "exceeded quota: few-secrets");
    await kube.delete(quota);
    await graphs.awaitReady("quota");
  });
});
