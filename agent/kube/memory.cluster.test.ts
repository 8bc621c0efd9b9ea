import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { configMap, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";

/** The whole agent may have 150 MB idle; the client must leave room for the rest of it. */
const IDLE_MAX_MB = 120;

let fixture: Fixture;
let dir: string;
beforeAll(async () => {
  fixture = await kubeFixture("kube-memory");
  dir = await mkdtemp(join(tmpdir(), "kubenova-pod-"));
});
afterAll(async () => {
  await fixture?.close();
  await rm(dir, { recursive: true, force: true });
});

/** Token and CA as the kubelet mounts them into a pod, for a ServiceAccount that may do everything. */
async function mountServiceAccount(): Promise<Record<string, string>> {
  const { kube, namespace } = fixture;
  const name = "agent";
  await kube.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
  await kube.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
  const { body } = await kube.request({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} }),
  });
  const { tls, url } = await kube.connectTarget("/");
  await writeFile(join(dir, "token"), JSON.parse(body.toString()).status.token);
  await writeFile(join(dir, "ca.crt"), tls.ca ?? "");
  return { KUBERNETES_SERVICE_HOST: url.hostname, KUBERNETES_SERVICE_PORT: url.port };
}

it("signs in as a pod does and stays small: 1,000 objects in 5 reflectors and an election", async () => {
  const env = await mountServiceAccount();
  const names = Array.from({ length: 1_000 }, (_, n) => `m-${n}`);
  await Promise.all(names.map((name) => fixture.kube.apply(configMap(fixture.namespace, name))));
  const script = fileURLToPath(new URL("../../test/kube/idle-client.ts", import.meta.url));
  const child = spawn(process.execPath, [script, dir, fixture.namespace], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { residentMb: number; objects: number; leading: boolean };
      expect(said.objects).toBeGreaterThan(1_000);
      expect(said.residentMb).toBeLessThan(IDLE_MAX_MB);
      return;
    }
    throw new Error("the process ended without a word");
  } finally {
    child.kill();
    const name = fixture.namespace;
    await fixture.kube.delete({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      name,
    });
  }
});
