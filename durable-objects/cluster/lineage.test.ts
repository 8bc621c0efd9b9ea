import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { CLOSE } from "../../protocol/tunnel/limits.ts";
import { type AgentIdentity, enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api } from "../../test/workerd/api.ts";
import { seedWorld } from "../../test/workerd/seed.ts";
import type { ClusterRpc } from "../rpc.ts";

const stub = (id: string) => env.CLUSTER.getByName(id);

/** The object's storage is gone, as if its disk were. */
const lose = async ({ clusterId }: AgentIdentity): Promise<void> => {
  await runInDurableObject(stub(clusterId), (_object, state) => state.storage.deleteAll());
  await evictDurableObject(stub(clusterId));
};

const row = ({ clusterId }: AgentIdentity) =>
  env.DB.prepare("SELECT epoch, epoch_id AS epochId FROM clusters WHERE id = ?")
    .bind(clusterId)
    .first<{ epoch: number; epochId: string }>();

const release = (id: string, revision: number) =>
  ({ key: `release/${id}`, revision, op: "tombstone", correlationId: "req_test" }) as const;

describe("an object whose storage is lost", () => {
  it("begins a new epoch, rebuilds its set from D1, and only then answers the agent", async () => {
    const identity = await enrolCluster();
    const world = await seedWorld(env.DB, { clusterId: identity.clusterId });
    const first = await TestAgent.connect(identity);
    const old = await first.next("snapshot-end");
    expect(old.count).toBe(3);
    await lose(identity);
    const agent = await TestAgent.dial(identity);
    await agent.hello({ cursor: { epochId: old.epochId, seq: old.seq } });
    expect(await agent.next("welcome")).toMatchObject({ epoch: 2, mode: "snapshot" });
    const end = await agent.next("snapshot-end");
    expect(end.count).toBe(3);
    expect(end.epochId).not.toBe(old.epochId);
    expect(
      agent.frames.some((each) => each.t === "desired" && each.key === `release/${world.releaseId}`),
    ).toBe(true);
    expect(await row(identity)).toEqual({ epoch: 2, epochId: end.epochId });
  });

  it("does so too where the first it hears is a delivery", async () => {
    const identity = await enrolCluster();
    const world = await seedWorld(env.DB, { clusterId: identity.clusterId });
    await TestAgent.connect(identity);
    await lose(identity);
    await stub(identity.clusterId).deliver([release(world.releaseId, 99)]);
    expect(await stub(identity.clusterId).overview()).toMatchObject({ epoch: 2, documents: 2 });
  });

  it("a new cluster's first visit is not a loss", async () => {
    const identity = await enrolCluster();
    await stub(identity.clusterId).deliver([]);
    await TestAgent.connect(identity);
    expect((await row(identity))?.epoch).toBe(1);
  });

  it("storage that went back in time is found by the agent's cursor, and gets a new epoch", async () => {
    const identity = await enrolCluster();
    const first = await TestAgent.connect(identity);
    const { epochId, seq } = await first.next("snapshot-end");
    const again = await TestAgent.dial(identity);
    await again.hello({ cursor: { epochId, seq: seq + 100 } });
    expect((await again.untilClosed()).code).toBe(CLOSE.tryLater);
    const agent = await TestAgent.dial(identity);
    await agent.hello({ cursor: { epochId, seq: seq + 100 } });
    expect(await agent.next("welcome")).toMatchObject({ epoch: 2, mode: "snapshot" });
  });
});

describe("a D1 that was restored from an hour ago", () => {
  it("is refused its older revisions until a person declares an epoch; then the set is D1's", async () => {
    const identity = await enrolCluster();
    const world = await seedWorld(env.DB, { clusterId: identity.clusterId });
    const agent = await TestAgent.connect(identity);
    const before = await agent.next("snapshot-end");
    const object = stub(identity.clusterId);
    await object.deliver([release(world.releaseId, 7)]);
    expect(await object.deliver([release(world.releaseId, 2)])).toEqual({ accepted: 0, stale: 1 });
    expect((await api("POST", `/clusters/${identity.name}:declare-epoch`)).code).toBe("KN-1008");
    const declared = await api("POST", `/clusters/${identity.name}:declare-epoch?confirm=${identity.name}`);
    expect([declared.status, declared.body.epoch]).toEqual([202, 2]);
    expect((await agent.untilClosed()).code).toBe(CLOSE.tryLater);
    const back = await TestAgent.dial(identity);
    await back.hello({ cursor: { epochId: before.epochId, seq: before.seq } });
    expect(await back.next("welcome")).toMatchObject({ epoch: 2, mode: "snapshot" });
    expect((await back.next("snapshot-end")).count).toBe(3);
  });

  it("from before the last epoch is told of it, and a declared epoch is above both", async () => {
    const identity = await enrolCluster();
    const old = await row(identity);
    await TestAgent.connect(identity);
    await lose(identity);
    await TestAgent.connect(identity);
    const current = await row(identity);
    expect(current?.epoch).toBe(2);
    await env.DB.prepare("UPDATE clusters SET epoch = ?, epoch_id = ?, version = 2 WHERE id = ?")
      .bind(old?.epoch, old?.epochId, identity.clusterId)
      .run();
    await api("PATCH", `/clusters/${identity.name}`, { body: { labels: { a: "b" } } });
    await expect.poll(() => row(identity)).toEqual(current);
    await api("POST", `/clusters/${identity.name}:declare-epoch?confirm=${identity.name}`);
    await expect.poll(async () => (await stub(identity.clusterId).overview()).epoch).toBe(3);
  });

  it("that holds another epoch of the same number leads to one above both", async () => {
    const identity = await enrolCluster();
    await TestAgent.connect(identity);
    await env.DB.prepare("UPDATE clusters SET epoch_id = 'epo_fork', version = version + 1 WHERE id = ?")
      .bind(identity.clusterId)
      .run();
    await api("PATCH", `/clusters/${identity.name}`, { body: { labels: { a: "b" } } });
    await expect.poll(async () => (await stub(identity.clusterId).overview()).epoch).toBe(2);
    expect((await row(identity))?.epoch).toBe(2);
  });
});

describe("orphans", () => {
  it("are listed, told as one event, and deleted in the cluster only when a person confirms each", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.connect(identity);
    const { epochId } = await agent.next("snapshot-end");
    const key = "release/rel_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
    const item = { key, revision: 3, phase: "Orphaned", message: "not in the set" } as const;
    agent.send({ t: "status", n: 1, epochId, items: [item] });
    await agent.next("status-ack");
    const listed = await api("GET", `/clusters/${identity.name}/orphans`);
    expect(listed.body).toEqual({ items: [{ key, message: "not in the set" }] });
    const orphan = `/clusters/${identity.name}/orphans/${key}`;
    expect((await api("DELETE", orphan)).code).toBe("KN-1008");
    const confirmed = () =>
      api("DELETE", `${orphan}?confirm=${key}`, { headers: { "Idempotency-Key": "remove-once" } });
    expect((await confirmed()).status).toBe(202);
    const tombstone = await agent.next("desired");
    expect(tombstone).toMatchObject({ key, op: "tombstone" });
    agent.send({ t: "ack", epochId, seq: tombstone.seq });
    await expect
      .poll(async () => (await api("GET", `/clusters/${identity.name}/orphans`)).body.items)
      .toEqual([]);
    const again = await confirmed();
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([202, "true"]);
  });
});

describe("statuses", () => {
  it("are stored newest first, never of an older revision, and projected to D1", async () => {
    const identity = await enrolCluster();
    const world = await seedWorld(env.DB, { clusterId: identity.clusterId });
    const agent = await TestAgent.connect(identity);
    const { epochId } = await agent.next("snapshot-end");
    const key = `release/${world.releaseId}`;
    const revision = (
      agent.frames.find((each) => each.t === "desired" && each.key === key) as { revision: number }
    ).revision;
    const send = async (
      n: number,
      items: { revision: number; phase: "Ready" | "Progressing" | "Failed" }[],
    ) => {
      agent.send({ t: "status", n, epochId, items: items.map((each) => ({ key, ...each })) });
      await agent.next("status-ack", (frame) => frame.n === n);
    };
    await send(1, [{ revision, phase: "Progressing" }]);
    await send(2, [{ revision, phase: "Ready" }]);
    await send(3, [{ revision: revision - 1, phase: "Failed" }]);
    await send(4, [{ revision: revision + 1, phase: "Failed" }]);
    const held = await runInDurableObject(stub(identity.clusterId), (object) =>
      (object as unknown as ClusterRpc).statuses([key]),
    );
    expect(held.statuses).toEqual([{ key, revision, phase: "Ready" }]);
    await expect
      .poll(async () => {
        await runDurableObjectAlarm(stub(identity.clusterId));
        return env.DB.prepare("SELECT phase FROM releases WHERE id = ?").bind(world.releaseId).first("phase");
      })
      .toBe("Ready");
  });
});
