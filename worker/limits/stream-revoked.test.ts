import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { PLATFORM_ADMIN } from "../../domain/access/index.ts";
import { until } from "../../test/lib/until.ts";
import { enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { adminToken, api, apiRaw } from "../../test/workerd/api.ts";
import { givenBinding, givenKey, givenUser } from "../../test/workerd/principals.ts";
import { knownCaller } from "../middleware/caller.ts";
import { Authority } from "../routing/authority.ts";
import { insertRow } from "../store/rows.ts";
import { roles } from "../store/schema/index.ts";
import { mintToken, TOKEN_TTL_SECONDS } from "../tokens/access.ts";

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

describe("an export of an audit log, and what the platform's key opened", () => {
  /** Opens a body, reads none of it, and gives what reading on comes to in the end. */
  async function opened(path: string, token: string): Promise<Response> {
    const response = await apiRaw("GET", path, { token, headers: { accept: "text/event-stream" } });
    expect(response.status).toBe(200);
    return response;
  }
  const ending = (response: Response): Promise<"whole" | "cut off"> =>
    response.text().then(
      () => "whole",
      () => "cut off",
    );

  it("end within half a minute where the right, or the token, is no more", async () => {
    const { body } = await api<{ id: string }>("PUT", "/tenants/acme", { body: {} });
    const scope = { level: "tenant", tenantId: body.id } as const;
    const [gone, keeper] = [await givenUser(), await givenUser([{ role: "auditor", scope }])];
    const binding = await givenBinding(`user/${gone.id}`, { role: "auditor", scope });
    const paths = ["/tenants/acme/audit:export", "/tenants/acme/audit:csv"];
    const exports = await Promise.all(paths.map((path) => opened(path, gone.token)));
    const lastOfGone = ending(await opened("/events?tenant=acme", gone.token));
    const kept = await opened("/tenants/acme/audit:export", keeper.token);
    const soon = Date.now() - TOKEN_TTL_SECONDS * 1000 + 10_000;
    const { token } = await mintToken(env, { kind: "platform-admin" }, soon);
    const feed = ending(await opened("/events", token));
    const lasting = await opened("/events", await adminToken());
    let lasted: string | undefined;
    void ending(lasting).then((how) => {
      lasted = how;
    });
    await env.DB.prepare("DELETE FROM bindings WHERE id = ?").bind(binding).run();
    let told: string | undefined;
    void feed.then((how) => {
      told = how;
    });
    await until("the feed of the token that is over", async () => told, { deadlineMs: 45_000 });
    // What reads nothing is not told. This one was opened after the exports, and so is asked about after them.
    expect([told, await lastOfGone]).toEqual(["cut off", "cut off"]);
    expect(await Promise.all(exports.map(ending))).toEqual(["cut off", "cut off"]);
    expect(await ending(kept)).toBe("whole");
    expect(lasted).toBeUndefined();
  }, 60_000);

  it("are not allowed any more where the ring or the key is another", async () => {
    const { token } = await mintToken(env, { kind: "platform-admin" }, Date.now());
    const allowed = (more: Partial<typeof env>, now = Date.now()) =>
      new Authority({ ...env, ...more }, knownCaller(PLATFORM_ADMIN, token), now).stillAllowed(now);
    const KEY_RING = `k9:${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
    expect(await allowed({})).toBe(true);
    expect(await allowed({ KEY_RING })).toBe(false);
    expect(await allowed({ PLATFORM_ADMIN_KEY: "another-key-of-the-administrator-0001" })).toBe(false);
    expect(await allowed({ BREAK_GLASS: "off" })).toBe(false);
    expect(await allowed({}, Date.now() + TOKEN_TTL_SECONDS * 1000)).toBe(false);
    expect(await allowed({})).toBe(true);
  });
});
