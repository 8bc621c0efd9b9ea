import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../domain/limits/figures.ts";
import { encodeData } from "../../protocol/tunnel/data.ts";
import { until } from "../../test/lib/until.ts";
import { enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api, apiRaw } from "../../test/workerd/api.ts";
import { givenUser } from "../../test/workerd/principals.ts";
import { limitsStub } from "../store/database.ts";

const soon = { deadlineMs: 15_000 };

describe("feeds of a tenant", () => {
  const feed = (name: string, token: string) =>
    apiRaw("GET", `/events?tenant=${name}`, { token, headers: { accept: "text/event-stream" } });

  async function givenTenant(name: string, limits: Record<string, number>): Promise<string> {
    const { body } = await api<{ id: string }>("PUT", `/tenants/${name}`, { body: {} });
    await api("PUT", `/tenants/${name}/limits`, { body: limits });
    return body.id;
  }

  const viewer = (tenantId: string) => givenUser([{ role: "viewer", scope: { level: "tenant", tenantId } }]);

  it("are open up to its figure, and one that a client left makes room", async () => {
    const tenantId = await givenTenant("feeding", { streams: 3, principalStreams: 2 });
    const [ada, bob] = [await viewer(tenantId), await viewer(tenantId)];
    const first = await feed("feeding", ada.token);
    const open = [first, await feed("feeding", ada.token)];
    expect(open.map(({ status }) => status)).toEqual([200, 200]);
    const mine = await feed("feeding", ada.token);
    expect(mine.status).toBe(429);
    expect(await mine.json()).toMatchObject({
      error: { code: "KN-1603", details: { limit: "principal", most: 2 } },
    });
    open.push(await feed("feeding", bob.token));
    const ours = await feed("feeding", bob.token);
    expect(ours.headers.get("retry-after")).toBe("10");
    expect(await ours.json()).toMatchObject({
      error: { code: "KN-1603", details: { limit: "tenant", most: 3 } },
    });
    await first.body?.cancel();
    // Who went away is noticed by the next byte: the feed writes one within eight seconds.
    await until(
      "a place is free",
      async () => {
        const again = await feed("feeding", ada.token);
        if (again.status === 200) open.push(again);
        else await again.body?.cancel();
        return again.status === 200;
      },
      { deadlineMs: 30_000 },
    );
    for (const each of open) await each.body?.cancel().catch(() => undefined);
  });

  it("that end by an error leave nothing behind", async () => {
    const tenantId = await givenTenant("failing", { principalStreams: 1 });
    const ada = await viewer(tenantId);
    for (let i = 0; i < 3; i++) {
      const refused = await apiRaw("GET", "/events?tenant=failing", {
        token: ada.token,
        headers: { accept: "text/event-stream", "last-event-id": "no number" },
      });
      expect(refused.status).toBe(422);
      await refused.body?.cancel();
    }
    const opened = await feed("failing", ada.token);
    expect(opened.status).toBe(200);
    await opened.body?.cancel();
  });
});

describe("a socket to a service", () => {
  it("is counted until it closes, and messages and their kind pass both ways", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.connect(identity);
    const ops = await givenUser([{ role: "platform-admin", scope: { level: "platform" } }]);
    const count = limitsStub(env, `principal:${ops.id}`);
    for (let i = 1; i < DEFAULT_LIMITS.principalStreams; i++) {
      await count.openStream({ id: `other-${i}`, principalId: ops.id });
    }
    const open = () =>
      apiRaw("GET", `/clusters/${identity.name}/proxy/services/shop/web:80/ws`, {
        token: ops.token,
        headers: { upgrade: "websocket", "sec-websocket-protocol": "chat" },
      });
    const answer = open();
    const { s } = await agent.next("open");
    agent.send({ t: "opened", s, status: 101, headers: [], credit: 256 * 1024, websocket: "chat" });
    const response = await answer;
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("chat");
    expect((await open()).status).toBe(429);
    const socket = response.webSocket as WebSocket;
    const messages: unknown[] = [];
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => void messages.push(data));
    socket.accept();
    const payload = new TextEncoder().encode("hello");
    agent.socket.send(encodeData({ stream: s, offset: 0, messageEnd: true, text: true, payload }));
    agent.socket.send(encodeData({ stream: s, offset: 5, messageEnd: true, text: false, payload }));
    socket.send("back");
    await until("both messages are there", async () => messages.length === 2, soon);
    expect(messages).toEqual(["hello", payload.buffer]);
    await agent.until("the answer is there", () => agent.data.some(({ stream }) => stream === s));
    socket.close(1000, "done");
    await until(
      "its place is free",
      async () => {
        const { ok } = await count.openStream({ id: "another", principalId: ops.id });
        return ok;
      },
      soon,
    );
    agent.close();
  });
});
