import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type AgentIdentity, enrolCluster, TestAgent } from "../test/workerd/agent.ts";
import { keepDatabase } from "../test/workerd/restore.ts";
import { SWEEP_MS } from "./fleet.ts";

const fleet = () => env.FLEET.getByName("platform");
const cluster = (identity: AgentIdentity) => env.CLUSTER.getByName(identity.clusterId);

const alarmOf = (stub: DurableObjectStub): Promise<number | null> =>
  runInDurableObject(stub, (_object, state) => state.storage.getAlarm());

const untilToldConnected = (identity: AgentIdentity): Promise<void> =>
  expect
    .poll(async () => {
      await runDurableObjectAlarm(cluster(identity));
      return (await eventsOf(identity)).at(-1)?.type;
    })
    .toBe("evt.cluster.connected");

/** Connected, and told of: its object has nothing left to do. */
async function settled(): Promise<{ identity: AgentIdentity; agent: TestAgent }> {
  const identity = await enrolCluster();
  const agent = await TestAgent.connect(identity);
  await agent.next("snapshot-end");
  await untilToldConnected(identity);
  return { identity, agent };
}

const eventsOf = async (identity: AgentIdentity) => {
  const statement = env.DB.prepare("SELECT type, data FROM events WHERE subject = ? ORDER BY seq");
  return (await statement.bind(`cluster/${identity.clusterId}`).all<{ type: string; data: string }>())
    .results;
};

/** The agent's process stopped without a word: its socket stands, and says nothing. */
const silence = (identity: AgentIdentity, sinceMs: number): Promise<void> =>
  runInDurableObject(cluster(identity), (_object, state) => {
    for (const socket of state.getWebSockets("agent")) {
      socket.serializeAttachment({ ...socket.deserializeAttachment(), lastFrameAt: Date.now() - sinceMs });
    }
  });

describe("the fleet's clock", () => {
  it("is set when a cluster connects, ten minutes ahead, and set again by each sweep", async () => {
    await settled();
    const first = (await alarmOf(fleet())) ?? 0;
    expect(first - Date.now()).toBeGreaterThan(SWEEP_MS - 60_000);
    expect(await runDurableObjectAlarm(fleet())).toBe(true);
    const next = (await alarmOf(fleet())) ?? 0;
    expect(next).toBeGreaterThanOrEqual(first);
    expect(next - Date.now()).toBeLessThanOrEqual(SWEEP_MS);
  });

  it("turns silence into an event, whoever else does not answer", async () => {
    const { identity } = await settled();
    const broken = await settled();
    const never = await enrolCluster();
    await runInDurableObject(cluster(broken.identity), (_object, state) => {
      state.storage.sql.exec("DROP TABLE due");
    });
    for (const each of [identity, broken.identity]) {
      await silence(each, 21_000);
      await evictDurableObject(cluster(each));
    }
    await runDurableObjectAlarm(fleet());
    await expect
      .poll(async () => {
        await runDurableObjectAlarm(cluster(identity));
        return (await eventsOf(identity)).map(({ type }) => type);
      })
      .toContain("evt.cluster.disconnected");
    const reason = JSON.parse((await eventsOf(identity)).at(-1)?.data ?? "{}").reason;
    expect(reason).toMatch(/for 2\d s/);
    expect((await eventsOf(never)).map(({ type }) => type)).not.toContain("evt.cluster.disconnected");
    expect(await alarmOf(fleet())).not.toBeNull();
    await env.DB.prepare("UPDATE clusters SET state = 'deleted', deleted_at = 1 WHERE id = ?")
      .bind(broken.identity.clusterId)
      .run();
  });

  it("has each connected cluster look whether the database was restored, even from before it first connected", async () => {
    const identity = await enrolCluster();
    const restore = await keepDatabase();
    const agent = await TestAgent.connect(identity);
    await agent.next("snapshot-end");
    await untilToldConnected(identity);
    const key = "release/rel_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
    await cluster(identity).deliver([{ key, revision: 1, op: "tombstone", correlationId: "req_test" }]);
    await restore();
    await runDurableObjectAlarm(fleet());
    expect(await cluster(identity).liveness()).toMatchObject({ diverged: true, connected: true });
  });

  it("turns silence into an event, though another cluster's object hangs", async () => {
    const { identity } = await settled();
    const hanging = await settled();
    const seen = { begun: false, ended: false };
    const blocked = runInDurableObject(cluster(hanging.identity), (_object, state) =>
      state.blockConcurrencyWhile(async () => {
        seen.begun = true;
        // Longer than the time limit, shorter than what the runtime takes for dead.
        await scheduler.wait(12_000);
        seen.ended = true;
      }),
    );
    await expect.poll(() => seen.begun).toBe(true);
    await silence(identity, 21_000);
    await runDurableObjectAlarm(fleet());
    expect(seen.ended).toBe(false);
    expect(await alarmOf(fleet())).not.toBeNull();
    await expect
      .poll(async () => {
        await runDurableObjectAlarm(cluster(identity));
        return (await eventsOf(identity)).map(({ type }) => type);
      })
      .toContain("evt.cluster.disconnected");
    await blocked;
  });

  it("goes on when the database fails: it asks at the next sweep", async () => {
    const { identity } = await settled();
    await silence(identity, 21_000);
    await env.DB.exec("ALTER TABLE clusters RENAME TO clusters_away");
    try {
      expect(await runDurableObjectAlarm(fleet())).toBe(true);
    } finally {
      await env.DB.exec("ALTER TABLE clusters_away RENAME TO clusters");
    }
    expect(await alarmOf(fleet())).not.toBeNull();
    await runDurableObjectAlarm(fleet());
    await expect
      .poll(async () => {
        await runDurableObjectAlarm(cluster(identity));
        return (await eventsOf(identity)).map(({ type }) => type);
      })
      .toContain("evt.cluster.disconnected");
  });

  it("has told what a crash left untold", async () => {
    const { identity } = await settled();
    await runInDurableObject(cluster(identity), (_object, { storage }) => {
      storage.sql.exec("UPDATE state SET observed_dirty = 1, agent_version = 'after-the-crash'");
    });
    await evictDurableObject(cluster(identity));
    await runDurableObjectAlarm(fleet());
    await expect
      .poll(async () => {
        await runDurableObjectAlarm(cluster(identity));
        return env.DB.prepare("SELECT agent_version FROM clusters WHERE id = ?")
          .bind(identity.clusterId)
          .first("agent_version");
      })
      .toBe("after-the-crash");
  });
});
