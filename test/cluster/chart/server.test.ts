import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, up } from "../index.ts";
import { attempt, run } from "../run.ts";
import { isolate } from "../testing.ts";
import { GOOD, rendered, type Values } from "./render.ts";

describe("a real API server", () => {
  let cluster: Cluster;
  let leave: () => Promise<void>;
  beforeAll(async () => {
    leave = isolate();
    cluster = await up({ name: "chart", node: "none" });
    await run(cluster.kubectl, [
      "--kubeconfig",
      cluster.kubeconfig,
      "create",
      "namespace",
      "kubenova-system",
    ]);
  });
  afterAll(() => leave());

  const everything = {
    networkPolicy: { managerCIDRs: ["192.0.2.0/24"], apiServerCIDRs: ["198.51.100.1/32"] },
  };
  test.each<[string, Values]>([
    ["mode manage", { ...GOOD, mode: "manage" }],
    ["mode read-only", { ...GOOD, mode: "read-only" }],
    ["everything switched on", { ...GOOD, ...everything, replicas: 2, wideRights: { enabled: true } }],
  ])("accepts what the chart makes, to the last field: %s", async (_, values) => {
    const { text, manifests } = await rendered(values);
    const args = ["--kubeconfig", cluster.kubeconfig, "apply", "--server-side", "--dry-run=server"];
    const answer = await attempt(cluster.kubectl, [...args, "--validate=strict", "-f", "-"], { input: text });
    expect(answer.stderr).toBe("");
    expect(answer.code).toBe(0);
    expect(answer.stdout.trim().split("\n")).toHaveLength(manifests.length);
  });
});
