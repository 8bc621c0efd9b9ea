import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Kubectl, kubectl } from "../../lib/kubectl.ts";
import { CHART, NAMESPACE } from "../../services/agent-chart.ts";
import { type Cluster, up } from "../index.ts";
import { run } from "../run.ts";
import { isolate } from "../testing.ts";
import { GOOD, helm, rendered, type Values } from "./render.ts";

describe("the chart at a real API server", () => {
  let cluster: Cluster;
  let leave: () => Promise<void>;
  let kube: Kubectl;

  beforeAll(async () => {
    leave = isolate();
    cluster = await up({ name: "chart", node: "none" });
    kube = kubectl(cluster);
    await kube.run("create", "namespace", NAMESPACE);
  });
  afterAll(() => leave());

  const everything = {
    networkPolicy: { managerCIDRs: ["192.0.2.0/24"], apiServerCIDRs: ["198.51.100.1/32"] },
  };
  test.each<[string, Values]>([
    ["mode manage", { ...GOOD, mode: "manage" }],
    ["mode read-only", { ...GOOD, mode: "read-only" }],
    ["everything switched on", { ...GOOD, ...everything, replicas: 2, wideRights: { enabled: true } }],
  ])("is accepted to the last field: %s", async (_, values) => {
    const { text, manifests } = await rendered(values);
    const args = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"];
    const answer = await kube.attempt(args, text);
    expect(answer.stderr).toBe("");
    expect(answer.code).toBe(0);
    expect(answer.stdout.trim().split("\n")).toHaveLength(manifests.length);
  });

  test("refuses modules from the cluster's own services and API servers, which helm looks up", async () => {
    // This API server listens on loopback, which no EndpointSlice may have.
    const applied = await kube.attempt(["apply", "-f", "-"], JSON.stringify(API_SERVERS));
    expect(applied.stderr).toBe("");
    const args = ["install", "kubenova-agent", CHART, "-n", NAMESPACE, "--dry-run=server"];
    const { stdout } = await helm([...args, "--kubeconfig", cluster.kubeconfig], GOOD);
    const [, refused = ""] = /KUBENOVA_SOURCES_REFUSED_CIDRS\s+value: "([^"]*)"/.exec(stdout) ?? [];
    expect(stdout).not.toContain("WARNING");
    const ranges = await kube.run("get", "servicecidrs", "-o", "jsonpath={.items[*].spec.cidrs[*]}");
    expect(ranges).toMatch(/^[\d.]+\/\d+/);
    expect(refused.split(",").sort()).toEqual([...ranges.trim().split(" "), "192.0.2.7"].sort());
  });

  test("updates custom resource definitions, and leaves them and their objects when it goes", async () => {
    const release = async (verb: string, ...more: string[]) => {
      const args = [verb, "kubenova-agent", ...more, "-n", NAMESPACE, "--kubeconfig", cluster.kubeconfig];
      const { code, stderr } = await helm(args, GOOD);
      expect(code, stderr).toBe(0);
    };
    const nameOf = async () =>
      (
        await kube.run("get", "crd", "novatenants.kubenova.io", "-o", "jsonpath={.spec.names.shortNames}")
      ).trim();
    const older = olderChart();
    try {
      await release("install", older);
      expect(await nameOf()).toBe("");
      await release("upgrade", CHART);
      expect(await nameOf()).toBe('["nvt"]');
    } finally {
      rmSync(older, { recursive: true, force: true });
    }
    await run(cluster.helm, [
      "uninstall",
      "kubenova-agent",
      "-n",
      NAMESPACE,
      "--kubeconfig",
      cluster.kubeconfig,
    ]);
    expect(await nameOf()).toBe('["nvt"]');
    expect(await kube.run("get", "crd", "-o", "name")).toContain("resourcegraphs.kubenova.io");
    // And the same release takes them up again.
    await release("install", CHART);
  });
});

const API_SERVERS = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: {
    name: "kubernetes",
    namespace: "default",
    labels: { "kubernetes.io/service-name": "kubernetes" },
  },
  addressType: "IPv4",
  endpoints: [{ addresses: ["192.0.2.7"] }],
  ports: [{ name: "https", port: 6443, protocol: "TCP" }],
};

/** The chart as it was before tenants had a short name. */
function olderChart(): string {
  const folder = mkdtempSync(join(tmpdir(), "kubenova-chart-"));
  cpSync(CHART, folder, { recursive: true });
  const file = join(folder, "files/crds/novatenants.kubenova.io.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("    shortNames:\n      - nvt\n", ""));
  return folder;
}
