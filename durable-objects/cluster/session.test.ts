import {
  evictDurableObject,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { rotationMessage } from "../../protocol/tunnel/auth.ts";
import { tunnelPath } from "../../protocol/tunnel/enrol.ts";
import { CLOSE, KEY_HEADER, PING, PONG, SUBPROTOCOL } from "../../protocol/tunnel/limits.ts";
import { until } from "../../test/lib/until.ts";
import { enrolCluster, enrolKey, HOST, makeKey, TestAgent } from "../../test/workerd/agent.ts";
import { api } from "../../test/workerd/api.ts";
import { loggedIn as auditLog } from "../../test/workerd/audit.ts";

const stub = (id: string) => env.CLUSTER.getByName(id);

describe("an agent that proves itself", () => {
  it("is welcomed with a session and an empty snapshot, and counts as connected", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.dial(identity);
    await agent.hello();
    expect(await agent.next("welcome")).toMatchObject({
      session: 1,
      epoch: 1,
      mode: "snapshot",
      clusterName: identity.name,
    });
    expect(await agent.next("snapshot-end")).toMatchObject({ count: 0 });
    const view = await api("GET", `/clusters/${identity.name}`);
    expect(view.body).toMatchObject({ status: "connected", agentVersion: "0.0.1", epoch: 1 });
  });

  it("is told of in D1, once", async () => {
    const identity = await enrolCluster();
    const first = await TestAgent.connect(identity);
    await runDurableObjectAlarm(stub(identity.clusterId));
    first.close();
    await TestAgent.connect(identity);
    await runDurableObjectAlarm(stub(identity.clusterId));
    const { results } = await env.DB.prepare("SELECT type FROM events WHERE subject = ? ORDER BY seq")
      .bind(`cluster/${identity.clusterId}`)
      .all<{ type: string }>();
    expect(results.map(({ type }) => type)).toEqual([
      "evt.cluster.created",
      "evt.cluster.enrolled",
      "evt.cluster.connected",
    ]);
    const row = await env.DB.prepare("SELECT state, agent_version FROM clusters WHERE id = ?")
      .bind(identity.clusterId)
      .first();
    expect(row).toEqual({ state: "connected", agent_version: "0.0.1" });
  });

  it("that falls silent without a word is unknown at the next read, and an event at the next sweep", async () => {
    const identity = await enrolCluster();
    await TestAgent.connect(identity);
    const object = stub(identity.clusterId);
    await runDurableObjectAlarm(object);
    const events = () =>
      env.DB.prepare(
        "SELECT type, data FROM events WHERE subject = ? AND type LIKE '%connected' ORDER BY seq",
      )
        .bind(`cluster/${identity.clusterId}`)
        .all<{ type: string; data: string }>()
        .then(({ results }) => results);
    await expect.poll(async () => (await events()).length).toBe(1);
    await runInDurableObject(object, (_object, state) => {
      for (const socket of state.getWebSockets("agent")) {
        socket.serializeAttachment({ ...socket.deserializeAttachment(), lastFrameAt: Date.now() - 21_000 });
      }
    });
    await evictDurableObject(object);
    expect((await api("GET", `/clusters/${identity.name}`)).body.status).toBe("unknown");
    const refused = await api("GET", `/clusters/${identity.name}/pods?namespace=a`);
    expect(refused.code).toBe("KN-1500");
    await object.sweep();
    await expect
      .poll(async () => {
        await runDurableObjectAlarm(object);
        return (await events()).map(({ type }) => type);
      })
      .toEqual(["evt.cluster.connected", "evt.cluster.disconnected"]);
    expect(JSON.parse((await events())[1]?.data ?? "{}")).toMatchObject({
      session: 1,
      reason: expect.stringContaining("21 s"),
    });
  });

  it("keeps its session when the object slept, and its pings are answered", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.connect(identity);
    await evictDurableObject(stub(identity.clusterId));
    agent.socket.send(PING);
    await agent.until("pong", () => agent.texts.includes(PONG));
    expect(await stub(identity.clusterId).liveness()).toMatchObject({ connected: true, session: 1 });
    agent.send({ t: "status", n: 7, epochId: "another", items: [] });
    expect(await agent.next("status-ack")).toMatchObject({ n: 7 });
  });

  it("rotates its key; the old one is retired when the new one was used", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.connect(identity);
    const key = await makeKey();
    const rotation = {
      clusterId: identity.clusterId,
      oldPublicKey: identity.publicKey,
      newPublicKey: key.publicKey,
      session: 1,
    };
    agent.send({
      t: "rotate-key",
      publicKey: key.publicKey,
      signature: await key.sign(rotationMessage(rotation)),
    });
    expect(await agent.next("key-rotated")).toMatchObject({ publicKey: key.publicKey });
    const told = await until("the rotation's entry", async () =>
      (await auditLog("platform")).find(
        ({ action, actor }) => action === "cluster:rotate-key" && actor.id === identity.clusterId,
      ),
    );
    expect(told.number).toBeGreaterThan(0);
    const old = await TestAgent.connect(identity);
    const renewed = await TestAgent.connect({ ...identity, ...key });
    expect((await old.untilClosed()).code).toBe(CLOSE.fenced);
    await renewed.until("the old key is retired", async () => true);
    const again = await TestAgent.dial(identity);
    await expect
      .poll(
        async () =>
          (
            await env.DB.prepare(
              "SELECT COUNT(*) AS n FROM cluster_keys WHERE cluster_id = ? AND retired_at IS NULL",
            )
              .bind(identity.clusterId)
              .first<{ n: number }>()
          )?.n,
      )
      .toBe(1);
    await again.hello();
    expect((await again.untilClosed()).code).toBe(CLOSE.unauthorized);
  });
});

describe("who is refused", () => {
  it("a man in the middle, who was dialled under another name", async () => {
    const agent = await TestAgent.dial(await enrolCluster());
    await agent.hello({ host: "evil.example" });
    expect(await agent.untilClosed()).toMatchObject({ code: CLOSE.unauthorized });
  });

  it("a replayed proof: a nonce is good for one hello on one socket", async () => {
    const identity = await enrolCluster();
    const first = await TestAgent.dial(identity);
    const hello = await first.hello();
    await first.next("welcome");
    const second = await TestAgent.dial(identity);
    await second.next("challenge");
    second.send(hello);
    expect((await second.untilClosed()).code).toBe(CLOSE.unauthorized);
  });

  it("a copy of the key in another cluster", async () => {
    const agent = await TestAgent.dial(await enrolCluster());
    await agent.hello({ clusterUid: "another-kube-system" });
    expect((await agent.untilClosed()).code).toBe(CLOSE.wrongCluster);
  });

  it("a key that was never enrolled, and one of another cluster", async () => {
    const [one, other] = [await enrolCluster(), await enrolCluster()];
    for (const key of [await makeKey(), other]) {
      const agent = await TestAgent.dial({ ...one, publicKey: key.publicKey, sign: key.sign });
      await agent.hello();
      expect((await agent.untilClosed()).code).toBe(CLOSE.unauthorized);
    }
  });

  it("a version that is not common, with what to upgrade", async () => {
    const agent = await TestAgent.dial(await enrolCluster());
    await agent.hello({ versions: [2, 3] });
    expect(await agent.untilClosed()).toEqual({
      code: CLOSE.upgradeRequired,
      reason: "upgrade the manager: the agent speaks tunnel 2,3, the manager 1",
    });
  });

  it.each([
    ["a frame before the hello", '{"t":"ack","epochId":"e","seq":1}', CLOSE.protocolError],
    ["what is not JSON", "hello?", CLOSE.protocolError],
    ["a malformed hello", '{"t":"hello"}', CLOSE.protocolError],
    ["a message over the limit", `{"t":"${"x".repeat(300_000)}"}`, CLOSE.tooLarge],
  ])("%s", async (_what, text, code) => {
    const agent = await TestAgent.dial(await enrolCluster());
    await agent.next("challenge");
    agent.socket.send(text);
    expect((await agent.untilClosed()).code).toBe(code);
  });

  it("whoever says nothing, when the time for a hello is over", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.dial(identity);
    await agent.next("challenge");
    await runInDurableObject(stub(identity.clusterId), (_object, state) => {
      state.storage.sql.exec("UPDATE due SET at = 1 WHERE kind = 'hello'");
      for (const socket of state.getWebSockets("agent")) {
        socket.serializeAttachment({ ...socket.deserializeAttachment(), deadlineAt: 1 });
      }
    });
    await evictDurableObject(stub(identity.clusterId));
    await runDurableObjectAlarm(stub(identity.clusterId));
    expect((await agent.untilClosed()).code).toBe(CLOSE.helloTimeout);
  });

  it("the oldest of too many sockets that prove nothing; the agent itself gets through", async () => {
    const identity = await enrolCluster();
    const strangers = [];
    for (let i = 0; i < 20; i++) strangers.push(await TestAgent.dial(identity));
    await TestAgent.connect(identity);
    expect(strangers[0]?.closed?.code).toBe(CLOSE.tryLater);
  });

  it("more strangers than the object has room for, before they have a socket; a key that it knows still gets through", async () => {
    const identity = await enrolCluster();
    const dialMutely = (key?: string) =>
      exports.default.fetch(
        new Request(`https://${HOST}${tunnelPath(identity.clusterId)}`, {
          headers: {
            Upgrade: "websocket",
            "Sec-WebSocket-Protocol": SUBPROTOCOL,
            ...(key ? { [KEY_HEADER]: key } : {}),
          },
        }),
      );
    // None of them is accepted on their side, so that none answers its close.
    const answers = [];
    for (let n = 0; n < 64; n++) answers.push(await dialMutely());
    expect(answers.every(({ status }) => status === 101)).toBe(true);
    for (const key of [undefined, "nobody's", (await makeKey()).publicKey]) {
      expect((await dialMutely(key)).status).toBe(429);
    }
    const response = await dialMutely(identity.publicKey);
    const agent = new TestAgent(response.webSocket as WebSocket, identity);
    await agent.hello();
    expect(await agent.next("welcome")).toMatchObject({ session: 1 });
  });

  it("an id that no cluster has, and nothing of it is left", async () => {
    const identity = { ...(await enrolCluster()), clusterId: "cls_01KAJ7Z8Q4X2N6V0D3M5R9T1WZ" };
    await expect(TestAgent.dial(identity)).rejects.toThrow("404");
    expect(
      await stub(identity.clusterId).deliver([
        { key: "tenant/x", revision: 1, op: "tombstone", correlationId: "c" },
      ]),
    ).toEqual({ accepted: 0, stale: 1 });
    await runInDurableObject(stub(identity.clusterId), async (_object, state) => {
      expect(
        state.storage.sql
          .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
          .toArray(),
      ).toEqual([]);
      expect(await state.storage.getAlarm()).toBeNull();
    });
    expect(await listDurableObjectIds(env.CLUSTER)).toBeDefined();
  });
});

describe("two agents with one identity", () => {
  it("the newer session wins; the older is fenced, and what it still says does not count", async () => {
    const identity = await enrolCluster();
    const first = await TestAgent.connect(identity);
    const second = await TestAgent.connect(identity);
    expect(await first.untilClosed()).toMatchObject({ code: CLOSE.fenced });
    expect(second.closed).toBeUndefined();
    expect(await stub(identity.clusterId).liveness()).toMatchObject({ connected: true, session: 2 });
  });

  it("frames of the older session are dropped even where its socket is open still", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.connect(identity);
    await runInDurableObject(stub(identity.clusterId), (_object, state) => {
      state.storage.sql.exec("UPDATE state SET session = 9");
    });
    await evictDurableObject(stub(identity.clusterId));
    agent.send({ t: "status", n: 1, epochId: "e", items: [] });
    expect((await agent.untilClosed()).code).toBe(CLOSE.fenced);
    expect(agent.frames.some(({ t }) => t === "status-ack")).toBe(false);
  });
});

describe("an agent that takes another's session", () => {
  const told = async (clusterId: string): Promise<object[]> => {
    await runDurableObjectAlarm(stub(clusterId));
    const { results } = await env.DB.prepare(
      "SELECT data FROM events WHERE subject = ? AND type = 'evt.cluster.session-replaced' ORDER BY seq",
    )
      .bind(`cluster/${clusterId}`)
      .all<{ data: string }>();
    return results.map(({ data }) => JSON.parse(data) as object);
  };

  it("is an event where the older one was there still; ten minutes later the rest of the fight is one more", async () => {
    const { clusterId, ...identity } = await enrolCluster();
    const agents = [await TestAgent.connect({ clusterId, ...identity })];
    const takeOver = async () => {
      agents.push(await TestAgent.connect({ clusterId, ...identity }));
      await agents.at(-2)?.untilClosed();
    };
    await takeOver();
    await expect.poll(() => told(clusterId)).toHaveLength(1);
    expect(await told(clusterId)).toMatchObject([{ session: 2, replacedSession: 1, count: 1 }]);
    for (let turn = 0; turn < 3; turn++) await takeOver();
    const counted = () =>
      runInDurableObject(stub(clusterId), (_object, { storage }) =>
        storage.sql.exec<{ takeovers: number }>("SELECT takeovers FROM state").one(),
      );
    await expect.poll(counted).toEqual({ takeovers: 3 });
    expect(await told(clusterId)).toHaveLength(1);
    await runInDurableObject(stub(clusterId), (_object, { storage }) => {
      storage.sql.exec("UPDATE due SET at = 1 WHERE kind = 'takeovers'");
    });
    await evictDurableObject(stub(clusterId));
    await expect.poll(() => told(clusterId)).toHaveLength(2);
    expect((await told(clusterId))[1]).toMatchObject({ session: 5, replacedSession: 4, count: 3 });
  });

  it("is none where it comes back itself, and that costs no write either", async () => {
    const identity = await enrolCluster();
    const first = await TestAgent.connect(identity);
    first.close();
    await first.untilClosed();
    await TestAgent.connect(identity);
    expect(await told(identity.clusterId)).toEqual([]);
    await runInDurableObject(stub(identity.clusterId), (_object, { storage }) => {
      expect(storage.sql.exec("SELECT 1 FROM due WHERE kind = 'takeovers'").toArray()).toEqual([]);
    });
  });
});

describe("a deleted cluster", () => {
  it("is cut within a second, refused when it dials, and welcome again after a restore", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.connect(identity);
    const before = Date.now();
    expect((await api("DELETE", `/clusters/${identity.name}?confirm=${identity.name}`)).status).toBe(200);
    expect((await agent.untilClosed()).code).toBe(CLOSE.deleted);
    expect(Date.now() - before).toBeLessThan(1000);
    const again = await TestAgent.dial(identity);
    expect((await again.untilClosed()).code).toBe(CLOSE.deleted);
    expect((await api("GET", `/clusters/${identity.name}`)).status).toBe(404);
    expect((await api("POST", `/clusters/${identity.name}:restore`)).status).toBe(200);
    await expect.poll(async () => (await TestAgent.dial(identity)).closed).toBeUndefined();
    const back = await TestAgent.connect(identity);
    expect(back.closed).toBeUndefined();
  });
});

describe("an agent that enrols anew", () => {
  it("has its old key retired, and its old agent is refused", async () => {
    const identity = await enrolCluster();
    await TestAgent.connect(identity);
    const token = await api<{ token: string }>("POST", `/clusters/${identity.name}/join-tokens`);
    const key = await makeKey();
    expect((await enrolKey(token.body.token, key, identity.kubeUid)).status).toBe(200);
    await TestAgent.connect({ ...identity, ...key });
    const old = await TestAgent.dial(identity);
    await old.hello();
    expect((await old.untilClosed()).code).toBe(CLOSE.unauthorized);
  });
});
