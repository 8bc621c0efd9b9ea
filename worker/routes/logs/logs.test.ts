import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeData } from "../../../protocol/tunnel/data.ts";
import type { StreamTarget } from "../../../protocol/tunnel/frames.ts";
import { enrolCluster, TestAgent } from "../../../test/workerd/agent.ts";
import { api, apiRaw } from "../../../test/workerd/api.ts";
import { seedWorld } from "../../../test/workerd/seed.ts";

const pod = (name: string, ready: boolean, startedAt: string) => ({
  name,
  namespace: "acme-shop-staging",
  phase: "Running",
  ready,
  containers: ["web"],
  startedAt,
});
const PODS = [
  pod("web-old", true, "2026-11-21T09:00:00Z"),
  pod("web-new", true, "2026-11-21T10:00:00Z"),
  pod("web-starting", false, "2026-11-21T11:00:00Z"),
];

let named = 0;

/** An app that runs in a cluster, and its agent, which answers the next requests with these bodies. */
async function running() {
  const identity = await enrolCluster();
  const name = `logs${++named}`;
  await seedWorld(env.DB, { clusterId: identity.clusterId, name });
  const agent = await TestAgent.connect(identity);
  const asked: StreamTarget[] = [];
  const answer = async (body: string) => {
    const { s, target } = await agent.next("open");
    asked.push(target);
    agent.send({ t: "opened", s, status: 200, headers: [["content-type", "text/plain"]], credit: 0 });
    const payload = new TextEncoder().encode(body);
    agent.socket.send(encodeData({ stream: s, offset: 0, messageEnd: false, text: false, payload }));
    agent.send({ t: "end", s, at: payload.byteLength });
  };
  return { identity, asked, answer, path: `/tenants/${name}/projects/shop/apps/web/releases/staging/logs` };
}

describe("the log of an app", () => {
  it("is that of its newest pod that is ready", async () => {
    const { asked, answer, path } = await running();
    const response = apiRaw("GET", `${path}?tailLines=3`);
    await answer(JSON.stringify({ items: PODS }));
    await answer("one\ntwo\n");
    expect(await (await response).text()).toBe("one\ntwo\n");
    expect(asked).toMatchObject([
      { kind: "pods", selector: "kubenova.io/app=web" },
      { kind: "logs", pod: "web-new", follow: false, tailLines: 3 },
    ]);
  });

  it("or of the pod that is named, as events where they are asked for", async () => {
    const { asked, answer, path } = await running();
    const response = apiRaw("GET", `${path}?pod=web-starting`, { headers: { accept: "text/event-stream" } });
    await answer(JSON.stringify({ items: PODS }));
    await answer("one\n");
    expect(await (await response).text()).toBe("data: one\n\n");
    expect(asked[1]).toMatchObject({ pod: "web-starting" });
  });

  it("is not there where the app has no such pod, or was never deployed", async () => {
    const { answer, path } = await running();
    const missing = api("GET", `${path}?pod=web-gone`);
    await answer(JSON.stringify({ items: PODS }));
    expect(await missing).toMatchObject({ status: 404, code: "KN-1200" });
    expect((await api("GET", path.replace("staging", "production"))).code).toBe("KN-1200");
  });

  it("is refused at once where the cluster is away, or the query is wrong", async () => {
    const { clusterId } = await enrolCluster();
    await seedWorld(env.DB, { clusterId, name: "away" });
    const path = "/tenants/away/projects/shop/apps/web/releases/staging/logs";
    expect(await api("GET", path)).toMatchObject({ status: 503, code: "KN-1500" });
    expect((await api("GET", `${path}?tailLines=many`)).code).toBe("KN-1002");
    expect((await api("GET", path, { token: null })).status).toBe(401);
  });
});

it("pods of a namespace are listed", async () => {
  const { identity, asked, answer } = await running();
  const list = api("GET", `/clusters/${identity.name}/pods?namespace=acme-shop-staging&selector=a%3Db`);
  await answer(JSON.stringify({ items: PODS }));
  expect((await list).body).toEqual({ items: PODS });
  expect(asked).toEqual([{ kind: "pods", namespace: "acme-shop-staging", selector: "a=b" }]);
});
