import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type End, endAll } from "../lib/platform.ts";
import { until } from "../lib/until.ts";
import { type ControlPlane, type KubeCluster, NAMESPACE, startLineage } from "./lineage.ts";
import { plan, seeded } from "./plan.ts";
import { keep, lose } from "./storage.ts";

/**
 * The manager's storage goes back in time, or is lost, in part: the database, the cluster's object. The agent and the
 * cluster go on as they are. Nothing in the cluster may be deleted or go backwards by it, and changes must flow again.
 */
const ends: End[] = [];
let kube: KubeCluster;
let plane: ControlPlane;

beforeAll(async () => {
  ({ kube, plane } = await startLineage("attack-restored", ends));
});
afterAll(() => endAll(ends));

/** Ends the manager, changes what it has stored, starts it again. */
async function whileEnded(change: () => void): Promise<void> {
  await plane.manager.kill();
  change();
  await plane.manager.restart();
}

describe("a database restored from an hour ago", () => {
  let before: Record<string, string>;
  let sent: number;

  beforeAll(async () => {
    for (const app of ["same", "changed", "deleted"]) await plane.deploy(app, "1");
    const restore = keep(plane.manager, "database");
    await plane.deploy("changed", "2");
    await plane.deploy("changed", "3");
    await plane.deploy("added", "1");
    await plane.delete("deleted");
    await until("it is gone", async () => !(await kube.exists("deleted")));
    before = await kube.maps();
    sent = await plane.stored();
    await whileEnded(restore);
  });

  it("is seen at once: the cluster and its releases say what is the matter, and what a person has to do", async () => {
    const cluster = await until("it is seen", async () => {
      const now = await plane.cluster();
      return now.diverged && now;
    });
    expect(cluster.message).toContain("declare-epoch");
    const release = await plane.release("same", "Unknown");
    expect(release.message).toContain("restored from before");
  });

  it("changes nothing in the cluster, whatever is asked of it meanwhile", async () => {
    // As many changes as bring the restored revision to that of the cluster, and beyond.
    for (const v of ["4", "5", "6", "7"]) await plane.put("changed", v);
    await plane.put("new", "1");
    await plane.delete("same");
    await plane.delivered();
    // What the agent is sent has a number of its own.
    expect(await plane.stored()).toBe(sent);
    // The agent carries out what it holds, and that is what it was sent before.
    const drifted = JSON.stringify({ data: { v: "drifted" } });
    await kube.kubectl.run("patch", "configmap", "changed", "-n", NAMESPACE, "--type=merge", "-p", drifted);
    await until("it is brought back", async () => !(await kube.maps()).changed?.endsWith(" drifted"));
    expect(await kube.maps()).toEqual(before);
  });

  it("is the truth again when a person declares an epoch: what it lacks is an orphan and stays, changes flow", async () => {
    const { epoch } = await plane.cluster();
    await plane.api.post(`/api/v1/clusters/berlin:declare-epoch?confirm=berlin`);
    await plane.release("changed", "Ready");
    await plane.release("new", "Ready");
    // It was there at the time of the copy, and is wanted again.
    await plane.release("deleted", "Ready");
    const now = await plane.cluster();
    expect([now.epoch, now.diverged]).toEqual([epoch + 1, undefined]);
    const maps = await kube.maps();
    expect(maps.changed?.split(" ")).toEqual([before.changed?.split(" ")[0], "7"]);
    expect([maps.added, maps.same]).toEqual([before.added, before.same]);
    await until("both orphans are told", async () => (await plane.orphans()).length === 2);
  });

  it("an orphan goes when a person confirms it, and no other", async () => {
    const added = await kube.kubectl.json<{ metadata: { annotations: Record<string, string> } }>(
      ...["get", "novaapp", "added", "-n", "acme-shop-staging"],
    );
    const key = added.metadata.annotations["kubenova.io/desired-key"] ?? "";
    await plane.removeOrphan(key);
    await until("it is gone", async () => !(await kube.exists("added")));
    expect((await kube.maps()).same).toBe(before.same);
    await until("it is no orphan any more", async () => (await plane.orphans()).length === 1);
    await plane.deploy("changed", "8");
  });
});

describe("a cluster's object whose storage is lost", () => {
  it("deletes nothing; what changed meanwhile arrives; a deletion that the agent never heard of is an orphan", async () => {
    for (const app of ["kept", "doomed"]) await plane.deploy(app, "1");
    await plane.agent?.kill();
    await plane.put("kept", "2");
    await plane.delete("doomed");
    await plane.delivered();
    const before = await kube.maps();
    const { epoch } = await plane.cluster();
    await whileEnded(() => lose(plane.manager, "clusters"));
    plane.agent?.restart();
    await plane.release("kept", "Ready", 2);
    expect((await plane.cluster()).epoch).toBe(epoch + 1);
    const { kept, ...others } = await kube.maps();
    expect(kept).toBe(before.kept?.replace(/ 1$/, " 2"));
    expect(others).toEqual(Object.fromEntries(Object.entries(before).filter(([name]) => name !== "kept")));
    await until("the orphan is told", async () => (await plane.orphans()).length === 2);
  });
});

describe("a cluster's object whose storage went back in time", () => {
  const random = seeded(plan.seed);
  const rounds = Array.from({ length: plan.long ? 6 : 1 }, (_, round) => round);

  it.each(rounds)(
    "is found by the agent's cursor: nothing is deleted, goes backwards or comes back (%i)",
    async (round) => {
      const [again, finished, later] = [`again-${round}`, `finished-${round}`, `later-${round}`];
      await plane.deploy(again, "1");
      await plane.deploy(finished, "1");
      const restore = keep(plane.manager, "clusters");
      const changes = 1 + Math.floor(random() * 4);
      for (let n = 0; n < changes; n++) await plane.deploy(again, `2.${n}`);
      await plane.deploy(later, "1");
      await plane.delete(finished);
      await until("it is gone", async () => !(await kube.exists(finished)));
      const before = await kube.maps();
      const { epoch } = await plane.cluster();
      await whileEnded(restore);
      await until("a new epoch", async () => (await plane.cluster()).epoch === epoch + 1, {
        deadlineMs: 60_000,
      });
      await plane.release(again, "Ready", 1 + changes);
      await plane.release(later, "Ready", 1);
      expect(await kube.maps()).toEqual(before);
      await plane.deploy(again, "3");
      const now = await kube.maps();
      expect(now[again]?.split(" ")).toEqual([before[again]?.split(" ")[0], "3"]);
      expect({ ...now, [again]: "" }).toEqual({ ...before, [again]: "" });
    },
  );
});
