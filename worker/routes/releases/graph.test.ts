import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { enrolCluster } from "../../../test/workerd/agent.ts";
import { api, apiRaw } from "../../../test/workerd/api.ts";
import { type AskedAgent, askedAgent } from "../../../test/workerd/asked-agent.ts";
import { seedWorld } from "../../../test/workerd/seed.ts";

const node = (name: string, state: string) => ({ id: `ConfigMap/${name}`, kind: "ConfigMap", name, state });
const live = {
  revision: "7",
  generation: 3,
  observedGeneration: 3,
  phase: "Executing",
  nodes: [
    { ...node("a", "Ready"), since: "2026-11-21T10:00:00.000Z" },
    { ...node("b", "Failed"), attempts: 3, message: 'denied: "no"' },
  ],
  edges: [{ from: "ConfigMap/a", to: "ConfigMap/b", kind: "explicit" }],
};

let asked: AskedAgent;
let path: string;
beforeAll(async () => {
  asked = await askedAgent();
  path = `${asked.path}/apps/web/releases/staging/graph`;
});

describe("a release's graph", () => {
  it("comes from the cluster, with states, timings and edges", async () => {
    const response = api("GET", path);
    await asked.answer(live);
    const { status, body } = await response;
    const { generation: _, observedGeneration: __, ...shown } = live;
    expect(status).toBe(200);
    expect(body).toMatchObject({
      app: "web",
      environment: "staging",
      source: "live",
      current: true,
      ...shown,
    });
    expect(asked.asked.at(-1)?.target).toMatchObject({ kind: "graph", app: "web" });
  });

  it("says where its states are of an older graph", async () => {
    const response = api("GET", path);
    await asked.answer({ ...live, observedGeneration: 2 });
    expect((await response).body).toMatchObject({ current: false });
  });

  it.each([
    ["?format=dot", "*/*", "text/vnd.graphviz", '"ConfigMap/a" -> "ConfigMap/b";'],
    ["?format=mermaid", "*/*", "text/vnd.mermaid", "n0 --> n1"],
    ["", "text/vnd.graphviz", "text/vnd.graphviz", 'denied: \\"no\\"'],
    ["", "text/vnd.mermaid;q=0.9, */*", "text/vnd.mermaid", "denied: #34;no#34;"],
  ])("is drawn by %s %s", async (query, accept, type, text) => {
    const response = apiRaw("GET", `${path}${query}`, { headers: { accept } });
    await asked.answer(live);
    const { headers, status } = await response;
    expect([status, headers.get("content-type")]).toEqual([200, `${type}; charset=utf-8`]);
    expect(await (await response).text()).toContain(text);
  });

  it("is what was last known where the cluster is away, and says so", async () => {
    const { clusterId } = await enrolCluster();
    await seedWorld(env.DB, { clusterId, name: "graphaway" });
    const status = { key: "k", revision: 1, phase: "Ready", nodes: [node("a", "Ready")] };
    await env.DB.prepare(
      `UPDATE releases SET status = ?1, status_at = 1000, observed_revision = desired_revision
       WHERE tenant_id = (SELECT id FROM tenants WHERE name = 'graphaway')`,
    )
      .bind(JSON.stringify(status))
      .run();
    const away = "/tenants/graphaway/projects/shop/apps/web/releases/staging/graph";
    expect((await api("GET", away)).body).toMatchObject({
      source: "last-known",
      at: "1970-01-01T00:00:01.000Z",
      phase: "Ready",
      current: true,
      nodes: status.nodes,
      edges: [],
    });
    expect(await (await apiRaw("GET", `${away}?format=dot`)).text()).toContain("(last known, 1970-01-01");
  });

  it("is refused with a reason", async () => {
    expect((await api("GET", `${path}?format=svg`)).code).toBe("KN-1002");
    expect((await api("GET", path, { headers: { accept: "image/svg+xml" } })).code).toBe("KN-1009");
    expect((await api("GET", path.replace("staging", "nowhere"))).code).toBe("KN-1200");
    expect((await api("GET", path, { token: null })).status).toBe(401);
    const response = api("GET", path);
    await asked.refuse("KN-1200", "there is no graph of web");
    expect(await response).toMatchObject({ status: 404, code: "KN-1200" });
  });
});
