import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type End, endAll } from "../lib/platform.ts";
import { until } from "../lib/until.ts";
import { ControlPlane, type KubeCluster, NAMESPACE, startLineage } from "./lineage.ts";

/**
 * A control plane that knows nothing, on a Kubernetes cluster that another one of the same tenant and project names has
 * filled: beside it, and in its place. What is in the cluster belongs to the cluster's id that it was written for.
 */
const ends: End[] = [];
let kube: KubeCluster;
let first: ControlPlane;
let before: Record<string, string>;

beforeAll(async () => {
  ({ kube, plane: first } = await startLineage("attack-second", ends));
  for (const app of ["web", "other"]) await first.deploy(app, "1");
  before = await kube.maps();
});
afterAll(() => endAll(ends));

/** What a mark would change, of all that a control plane makes; `resourceVersion` would change with a status, too. */
const resources = async () => {
  const { items } = await kube.kubectl.json<{ items: { kind: string; metadata: Record<string, unknown> }[] }>(
    ...["get", "novatenants,novaprojects,novaapps,resourcegraphs,namespaces", "-A"],
  );
  return Object.fromEntries(
    items.map(({ kind, metadata: { name, uid, labels, annotations, finalizers, ownerReferences } }) => [
      `${kind}/${name}`,
      { uid, labels, annotations, finalizers, ownerReferences },
    ]),
  );
};
/** What a control plane of the same names is answered. */
async function isRefused(plane: ControlPlane): Promise<void> {
  await plane.declare();
  await plane.put("web", "stolen");
  const release = await plane.release("web", "Refused");
  expect(release.message).toContain(`belongs to the cluster ${(await first.cluster()).id}`);
  await plane.put("mine", "1");
  const mine = await plane.release("mine", "Failed");
  expect(mine.message).toContain(`namespace ${NAMESPACE} belongs to the cluster`);
  await plane.delete("web");
  await plane.delivered();
  await plane.stored();
}

describe("a second control plane beside the first, of the same names", () => {
  let second: ControlPlane;

  beforeAll(async () => {
    await kube.kubectl.run("create", "namespace", "kubenova-second");
    second = await ControlPlane.start("munich", ends);
    await second.enrol(kube, ends, "kubenova-second");
  });

  it("takes nothing over, deletes nothing, marks nothing: its status says whose it is", async () => {
    const then = await resources();
    await isRefused(second);
    expect(await second.orphans()).toEqual([]);
    expect(await kube.maps()).toEqual(before);
    const now = await resources();
    expect(Object.fromEntries(Object.keys(then).map((key) => [key, now[key]]))).toEqual(then);
  });

  it("leaves the first one's changes, and its own apps in a project of another name, to flow", async () => {
    await first.deploy("other", "2");
    await second.api.post("/api/v1/tenants", { name: "rival" });
    await second.api.post("/api/v1/tenants/rival/projects", { name: "shop" });
    const project = "/api/v1/tenants/rival/projects/shop";
    await second.api.post(`${project}/environments`, { name: "staging", placement: { cluster: "munich" } });
    const ready = async () => {
      const { items } = await kube.kubectl.json<{
        items: { metadata: { name: string }; status?: { phase?: string } }[];
      }>(...["get", "novaprojects"]);
      return items.find(({ metadata }) => metadata.name === "rival.shop")?.status?.phase === "Ready";
    };
    await until("its own project is ready", ready, { deadlineMs: 60_000 });
    before = await kube.maps();
  });

  it("that is gone again leaves the first as it was", async () => {
    await second.agent?.stop();
    await first.deploy("web", "2");
    before = await kube.maps();
  });
});

describe("an empty control plane in the place of one that is gone", () => {
  let anew: ControlPlane;

  beforeAll(async () => {
    await first.agent?.stop();
    anew = await ControlPlane.start("hamburg", ends);
    // The same namespace, with the former agent's key and state in it.
    await anew.enrol(kube, ends);
  });

  it("deletes nothing, and has nothing to say of what is another's", async () => {
    expect(await anew.orphans()).toEqual([]);
    expect(await kube.maps()).toEqual(before);
  });

  it("gets what a person hands over, as orphans that stay until each is confirmed", async () => {
    const former = (await first.cluster()).id;
    const { id } = await anew.cluster();
    await kube.kubectl.run(
      ...["label", "novatenants,novaprojects,novaapps,resourcegraphs,namespaces", "-A"],
      ...["-l", `kubenova.io/cluster=${former}`, `kubenova.io/cluster=${id}`, "--overwrite"],
    );
    await until("all are told as orphans", async () => (await anew.orphans()).length === 4);
    expect(await kube.maps()).toEqual(before);
    await anew.declare();
    await anew.put("web", "mine");
    await anew.delivered();
    const key = await kube.kubectl.run(
      ...["get", "novaapp", "other", "-n", NAMESPACE],
      ...["-o", "jsonpath={.metadata.annotations.kubenova\\.io/desired-key}"],
    );
    await anew.removeOrphan(key);
    await until("it is gone", async () => !(await kube.exists("other")));
    expect(await kube.maps()).toEqual({ web: before.web });
  });
});
