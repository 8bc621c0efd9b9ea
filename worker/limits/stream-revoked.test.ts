import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import { enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { apiRaw } from "../../test/workerd/api.ts";
import { givenBinding, givenKey, givenUser } from "../../test/workerd/principals.ts";
import { insertRow } from "../store/rows.ts";
import { roles } from "../store/schema/index.ts";

describe("a stream of somebody who lost the right to it", () => {
  it("ends within half a minute, and nobody else's does", async () => {
    const agent = await TestAgent.connect(await enrolCluster());
    const scope = { level: "cluster", clusterId: agent.identity.clusterId } as const;
    const open = async (token: string) => {
      const path = `/clusters/${agent.identity.name}/proxy/services/shop/web:80/ws`;
      const answer = apiRaw("GET", path, { token, headers: { upgrade: "websocket" } });
      const { s } = await agent.next("open");
      agent.send({ t: "opened", s, status: 101, headers: [], credit: 1024 });
      const { webSocket } = await answer;
      const codes: number[] = [];
      webSocket?.addEventListener("close", ({ code }) => void codes.push(code));
      webSocket?.accept();
      return { codes, socket: webSocket };
    };
    await insertRow(env.DB, roles, {
      ...{ id: "rol_proxy", name: "proxy", permissions: ["cluster:get", "cluster:proxy"] },
      ...{ createdAt: 1, updatedAt: 1 },
    }).run();
    const given = [{ role: "rol_proxy", scope }] as const;
    const [disabled, bare, keeper] = [
      await givenUser([...given]),
      await givenKey(),
      await givenUser([...given]),
    ];
    const binding = await givenBinding(bare.owner, given[0]);
    const sockets = [await open(disabled.token), await open(bare.key), await open(keeper.token)];
    const watcher = await givenUser([{ role: "viewer", scope: { level: "platform" } }]);
    const events = await apiRaw("GET", "/events", {
      token: watcher.token,
      headers: { accept: "text/event-stream" },
    });
    const read = events.text().then(
      () => "ended",
      () => "cut off",
    );
    await env.DB.batch([
      env.DB.prepare("UPDATE users SET state = 'disabled' WHERE id = ?").bind(disabled.id),
      env.DB.prepare("UPDATE sessions SET ended_at = 1 WHERE id = ?").bind(watcher.sessionId),
      env.DB.prepare("DELETE FROM bindings WHERE id = ?").bind(binding),
    ]);
    const closed = async () => sockets.filter(({ codes }) => codes.length > 0).length >= 2;
    await until("both sockets are closed", closed, { deadlineMs: 45_000 });
    expect(sockets.map(({ codes }) => codes)).toEqual([[1008], [1008], []]);
    expect(await read).toBe("cut off");
    sockets[2]?.socket?.close(1000);
    agent.close();
  }, 60_000);
});
