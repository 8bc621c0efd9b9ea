import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DesiredDocument } from "../../domain/desired/index.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { snapshotDigest } from "../../protocol/tunnel/snapshot.ts";
import { plan } from "../../test/attack/plan.ts";
import { type AgentIdentity, enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import type { ClusterRpc } from "../rpc.ts";

const stub = (id: string) => env.CLUSTER.getByName(id);
const key = (n: number) => `tenant/ten_${String(n).padStart(26, "0")}`;

const upsert = (n: number, revision: number, text = ""): DesiredDocument => ({
  key: key(n),
  revision,
  op: "upsert",
  resource: {
    apiVersion: "kubenova.io/v1alpha1",
    kind: "NovaTenant",
    metadata: { name: `t${n}`, labels: {} },
    spec: { revision, text },
  },
  correlationId: `req_${n}_${revision}`,
});
const tombstone = (n: number, revision: number): DesiredDocument => ({
  key: key(n),
  revision,
  op: "tombstone",
  correlationId: "req_gone",
});

/** An agent that holds what it is told, by the rules of docs/tunnel.md. */
class Holder {
  readonly held = new Map<string, { revision: number; digest: string }>();
  cursor: { epochId: string; seq: number } | undefined;
  orphans: string[] = [];
  readonly identity: AgentIdentity;
  agent!: TestAgent;

  constructor(identity: AgentIdentity) {
    this.identity = identity;
  }

  async connect(): Promise<"resume" | "snapshot"> {
    this.agent = await TestAgent.dial(this.identity);
    await this.agent.hello(this.cursor ? { cursor: this.cursor } : {});
    const welcome = await this.agent.next("welcome");
    if (welcome.mode === "snapshot") await this.snapshot(welcome.epochId);
    this.cursor ??= { epochId: welcome.epochId, seq: 0 };
    return welcome.mode;
  }

  async snapshot(epochId: string): Promise<void> {
    const end = await this.agent.next("snapshot-end");
    const sent = this.agent.frames.filter((each) => each.t === "desired" && each.snapshot === end.snapshot);
    const lines = (sent as FrameOf<"desired">[]).map((each) => ({ ...each, digest: each.digest ?? "" }));
    expect(end.count).toBe(lines.length);
    expect(end.digest).toBe(await snapshotDigest(lines));
    const first = this.cursor?.epochId !== epochId;
    const named = new Set(lines.map((each) => each.key));
    for (const held of [...this.held.keys()]) {
      if (named.has(held)) continue;
      if (first) this.orphans.push(held);
      else this.held.delete(held);
    }
    for (const line of lines) this.held.set(line.key, { revision: line.revision, digest: line.digest });
    this.cursor = { epochId, seq: end.seq };
    this.agent.frames.splice(
      0,
      this.agent.frames.length,
      ...this.agent.frames.filter((each) => !sent.includes(each as never)),
    );
    this.agent.send({ t: "ack", ...this.cursor });
  }

  /** Takes frames until the set's newest number. */
  async catchUp(seq: number): Promise<void> {
    while ((this.cursor?.seq ?? 0) < seq) {
      const frame = await this.agent.next("desired");
      if (frame.op === "tombstone") this.held.delete(frame.key);
      else this.held.set(frame.key, { revision: frame.revision, digest: frame.digest ?? "" });
      if (this.cursor) this.cursor.seq = frame.seq;
    }
    if (this.cursor) this.agent.send({ t: "ack", ...this.cursor });
  }

  revisions = (): Record<string, number> =>
    Object.fromEntries([...this.held].map(([name, { revision }]) => [name, revision]));
}

const seqOf = async (id: string): Promise<number> => (await stub(id).overview()).seq;
const acked = (id: string, seq: number) =>
  expect.poll(async () => (await stub(id).overview()).ackedSeq).toBe(seq);

describe("deliveries", () => {
  it("are pushed at once, in order, with their digest and correlation id", async () => {
    const identity = await enrolCluster();
    const holder = new Holder(identity);
    await holder.connect();
    expect(await stub(identity.clusterId).deliver([upsert(1, 1), upsert(2, 4)])).toEqual({
      accepted: 2,
      stale: 0,
    });
    const frame = await holder.agent.next("desired");
    expect(frame).toMatchObject({ seq: 1, key: key(1), revision: 1, op: "upsert", correlationId: "req_1_1" });
    expect(frame.resource).toEqual(upsert(1, 1).resource);
    expect(await holder.agent.next("desired")).toMatchObject({ seq: 2, key: key(2) });
  });

  it("in any order and as often as they come leave the newest of each key", async () => {
    const identity = await enrolCluster();
    const documents = [1, 2, 3].flatMap((n) => [upsert(n, 1), upsert(n, 2), tombstone(n, 3), upsert(n, 4)]);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...documents, ...documents], { minLength: 24 }),
        async (order) => {
          for (const document of order) await stub(identity.clusterId).deliver([document]);
          const holder = new Holder(identity);
          await holder.connect();
          expect(holder.revisions()).toEqual({ [key(1)]: 4, [key(2)]: 4, [key(3)]: 4 });
        },
      ),
      { numRuns: plan.times(5) },
    );
  });

  it("of a document of more than a megabyte arrive whole; one that fits no row is refused", async () => {
    const identity = await enrolCluster();
    const holder = new Holder(identity);
    await holder.connect();
    const large = upsert(1, 1, `"\n`.repeat(400_000));
    await stub(identity.clusterId).deliver([large]);
    expect((await holder.agent.next("desired")).resource).toEqual(large.resource);
    const refused = await runInDurableObject(stub(identity.clusterId), (object) =>
      (object as unknown as ClusterRpc).deliver([upsert(2, 1, "x".repeat(2_000_000))]).catch(String),
    );
    expect(refused).toContain("has 2000126 bytes");
    expect(await seqOf(identity.clusterId)).toBe(1);
  });

  it("of an older document cannot bring back what was deleted, although its tombstone was acked", async () => {
    const identity = await enrolCluster();
    const holder = new Holder(identity);
    await holder.connect();
    await stub(identity.clusterId).deliver([upsert(1, 1)]);
    await stub(identity.clusterId).deliver([tombstone(1, 2)]);
    await holder.catchUp(2);
    await acked(identity.clusterId, 2);
    expect(await stub(identity.clusterId).deliver([upsert(1, 1), tombstone(1, 2)])).toEqual({
      accepted: 0,
      stale: 2,
    });
    expect(await stub(identity.clusterId).overview()).toMatchObject({ documents: 0, seq: 2 });
  });
});

describe("an agent that was away", () => {
  it("resumes at its cursor: what changed and what was deleted meanwhile, and nothing else", async () => {
    const identity = await enrolCluster();
    const holder = new Holder(identity);
    await holder.connect();
    await stub(identity.clusterId).deliver([1, 2, 3, 4].map((n) => upsert(n, 1)));
    await holder.catchUp(4);
    holder.agent.close();
    await stub(identity.clusterId).deliver([upsert(2, 2), tombstone(3, 2), upsert(5, 1)]);
    await evictDurableObject(stub(identity.clusterId));
    expect(await holder.connect()).toBe("resume");
    await holder.catchUp(7);
    expect(holder.revisions()).toEqual({ [key(1)]: 1, [key(2)]: 2, [key(4)]: 1, [key(5)]: 1 });
  });

  it("gets a snapshot where its cursor is below the floor, and loses what is gone", async () => {
    const identity = await enrolCluster();
    const [holder, restored] = [new Holder(identity), new Holder(identity)];
    await holder.connect();
    await stub(identity.clusterId).deliver([1, 2].map((n) => upsert(n, 1)));
    await holder.catchUp(2);
    for (const [name, value] of holder.held) restored.held.set(name, value);
    restored.cursor = { ...(holder.cursor ?? { epochId: "", seq: 0 }) };
    await stub(identity.clusterId).deliver([tombstone(1, 2)]);
    await holder.catchUp(3);
    await acked(identity.clusterId, 3);
    expect(await restored.connect()).toBe("snapshot");
    expect(restored.revisions()).toEqual({ [key(2)]: 1 });
  });

  it("whose socket is cut in the middle of a snapshot starts the snapshot again", async () => {
    const identity = await enrolCluster();
    await stub(identity.clusterId).deliver(
      Array.from({ length: 40 }, (_, n) => upsert(n, 1, "x".repeat(100_000))),
    );
    const cut = await TestAgent.connect(identity);
    await cut.next("desired");
    cut.close();
    const holder = new Holder(identity);
    expect(await holder.connect()).toBe("snapshot");
    expect(holder.held.size).toBe(40);
  });
});

describe("a set larger than the window", () => {
  it("goes on as the agent says how far it is, and holds what changed while it was sent", async () => {
    const identity = await enrolCluster();
    const documents = Array.from({ length: 30 }, (_, n) => upsert(n, 1, "x".repeat(900_000)));
    for (const document of documents) await stub(identity.clusterId).deliver([document]);
    const agent = await TestAgent.dial(identity);
    await agent.hello();
    const begin = await agent.next("snapshot-begin");
    const stored = () => agent.frames.filter((each) => each.t === "desired").length;
    await agent.until("the window is full", () => stored() >= 9);
    expect(stored()).toBeLessThan(30);
    await stub(identity.clusterId).deliver([upsert(29, 2), tombstone(28, 2), upsert(0, 2)]);
    let said = 0;
    await agent.until("the end of the snapshot", () => {
      if (stored() > said) {
        said = stored();
        agent.send({
          t: "ack",
          epochId: begin.epochId,
          seq: 0,
          snapshot: { id: begin.snapshot, stored: said },
        });
      }
      return agent.frames.some(({ t }) => t === "snapshot-end");
    });
    const end = await agent.next("snapshot-end");
    const lines = (agent.frames as FrameOf<"desired">[]).filter((each) => each.snapshot === begin.snapshot);
    expect(end.count).toBe(29);
    expect(end.digest).toBe(
      await snapshotDigest(lines.map((each) => ({ ...each, digest: each.digest ?? "" }))),
    );
    expect(lines.find((each) => each.key === key(29))?.revision).toBe(2);
    agent.send({ t: "ack", epochId: begin.epochId, seq: end.seq });
    await agent.until(
      "what changed follows",
      () => (agent.frames as FrameOf<"desired">[]).filter((each) => !each.snapshot).length === 3,
    );
  });
});

describe("storage", () => {
  it("an object that is idle writes nothing when it is swept, and has no alarm", async () => {
    const identity = await enrolCluster();
    const holder = new Holder(identity);
    await holder.connect();
    await stub(identity.clusterId).deliver([upsert(1, 1)]);
    await holder.catchUp(1);
    await acked(identity.clusterId, 1);
    const settled = async () => {
      await runDurableObjectAlarm(stub(identity.clusterId));
      return runInDurableObject(
        stub(identity.clusterId),
        (_object, state) => state.storage.sql.exec("SELECT 1 FROM due").toArray().length === 0,
      );
    };
    await expect.poll(settled).toBe(true);
    const writes = () =>
      runInDurableObject(
        stub(identity.clusterId),
        (_object, state) => state.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n,
      );
    const before = await writes();
    for (let sweep = 0; sweep < 6; sweep++) {
      await stub(identity.clusterId).sweep();
      expect(await runDurableObjectAlarm(stub(identity.clusterId))).toBe(false);
    }
    // The alarm is kept in the same file, so this counts it too.
    expect(await writes()).toBe(before);
  });
});
