import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { PLATFORM_LOG } from "../../domain/audit/entry.ts";
import type { LoggedEntry } from "../../domain/audit/leaf.ts";
import type { KubernetesFact } from "../../domain/kubernetes-audit/fact.ts";
import { type AgentIdentity, enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api } from "../../test/workerd/api.ts";
import { loggedIn } from "../../test/workerd/audit.ts";
import { revealed } from "../../worker/audit/personal.ts";

const fact = (auditId: string, namespace?: string, more: Partial<KubernetesFact> = {}): KubernetesFact => ({
  auditId,
  stage: "ResponseComplete",
  time: new Date().toISOString(),
  user: "alice",
  groups: ["staff"],
  verb: "update",
  object: `kubernetes/configmaps/${namespace ?? "_"}/one`,
  ...(namespace ? { namespace } : {}),
  code: 200,
  address: "203.0.113.9",
  ...more,
});

/** A tenant with an environment on a cluster, in the namespace `<tenant>-shop-staging`. */
async function givenTenant(name: string, cluster: string): Promise<{ id: string; namespace: string }> {
  const { body } = await api<{ id: string }>("PUT", `/tenants/${name}`, { body: {} });
  await api("PUT", `/tenants/${name}/projects/shop`, { body: {} });
  const environment = await api<{ namespace: string }>(
    "POST",
    `/tenants/${name}/projects/shop/environments`,
    {
      body: { name: "staging", placement: { cluster } },
    },
  );
  expect(environment.status).toBe(201);
  return { id: body.id, namespace: environment.body.namespace };
}

const kubernetes = async (log: string): Promise<LoggedEntry[]> =>
  (await loggedIn(log)).filter(({ source }) => source === "kubernetes");

let sent = 0;
async function tell(agent: TestAgent, items: KubernetesFact[]): Promise<void> {
  sent += 1;
  agent.send({ t: "audit", n: sent, items });
  await agent.next("audit-ack", ({ n }) => n === sent);
}

const connected = async (): Promise<{ identity: AgentIdentity; agent: TestAgent }> => {
  const identity = await enrolCluster();
  return { identity, agent: await TestAgent.connect(identity) };
};

describe("what a cluster's API server was asked", () => {
  it("is taken by a manager that says so", async () => {
    const agent = await TestAgent.dial(await enrolCluster());
    await agent.hello();
    expect((await agent.next("welcome")).features).toContain("audit");
  });

  it("stands in the log of the namespace's tenant, with the address sealed", async () => {
    const { identity, agent } = await connected();
    const acme = await givenTenant("kaudit-a", identity.name);
    const globex = await givenTenant("kaudit-b", identity.name);
    await tell(agent, [
      fact("a-1", acme.namespace, { correlationId: "cause" }),
      fact("b-1", globex.namespace),
    ]);
    const [entry, ...more] = await kubernetes(acme.id);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      cluster: identity.clusterId,
      tenant: acme.id,
      actor: { kind: "kubernetes", id: "alice", groups: ["staff"] },
      action: "kubernetes:update",
      requestId: "a-1",
      correlationId: "cause",
      personal: expect.stringMatching(/^kp1\./),
    });
    expect(entry).not.toHaveProperty("address");
    expect((await revealed(env, entry ? [entry] : []))[0]?.address).toBe("203.0.113.9");
    expect((await kubernetes(globex.id)).map(({ requestId }) => requestId)).toEqual(["b-1"]);
    const found = await api<{ items: { id: string }[] }>("GET", "/tenants/kaudit-a/audit?q=cause");
    expect(found.body.items.map(({ id }) => id)).toEqual([entry?.id]);
  });

  it("stands there once, however often it comes; another request under its id is another entry", async () => {
    const { identity, agent } = await connected();
    const { id, namespace } = await givenTenant("kaudit-twice", identity.name);
    const one = fact("same", namespace);
    await tell(agent, [one, one]);
    await tell(agent, [one]);
    agent.close();
    await tell(await TestAgent.connect(identity), [one, { ...one, verb: "delete" }]);
    expect((await kubernetes(id)).map(({ action }) => action)).toEqual([
      "kubernetes:update",
      "kubernetes:delete",
    ]);
  });

  it("never comes into the log of a tenant that has nothing on that cluster", async () => {
    const home = await enrolCluster();
    const victim = await givenTenant("kaudit-victim", home.name);
    const { identity, agent } = await connected();
    await tell(agent, [fact("foreign", victim.namespace), fact("none")]);
    expect(await kubernetes(victim.id)).toEqual([]);
    const own = (await kubernetes(PLATFORM_LOG)).filter(({ cluster }) => cluster === identity.clusterId);
    expect(own.map(({ requestId, tenant }) => [requestId, tenant])).toEqual([
      ["foreign", null],
      ["none", null],
    ]);
  });

  it("is the owner's where the cluster has one and no environment the namespace", async () => {
    const { identity, agent } = await connected();
    const owner = await api<{ id: string }>("PUT", "/tenants/kaudit-owner", { body: {} });
    await env.DB.prepare("UPDATE clusters SET owner_tenant_id = ? WHERE id = ?")
      .bind(owner.body.id, identity.clusterId)
      .run();
    await tell(agent, [fact("kube-system", "kube-system"), fact("node")]);
    expect((await kubernetes(owner.body.id)).map(({ requestId }) => requestId)).toEqual([
      "kube-system",
      "node",
    ]);
    // As long as the tenant may be restored, its log goes on.
    await api("DELETE", "/tenants/kaudit-owner?confirm=kaudit-owner");
    await tell(agent, [fact("later")]);
    expect((await kubernetes(owner.body.id)).at(-1)?.requestId).toBe("later");
  });

  it("is not acked while its log cannot take it, and the session goes on", async () => {
    const { agent } = await connected();
    // Of somebody whose key nobody has read yet.
    const early = fact("early", "any", { user: "bob" });
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    await env.DB.prepare("ALTER TABLE audit_people RENAME TO elsewhere").run();
    try {
      agent.send({ t: "audit", n: 7_000, items: [early] });
      await expect.poll(() => warned.mock.calls.flat().join()).toContain("were not appended");
    } finally {
      await env.DB.prepare("ALTER TABLE elsewhere RENAME TO audit_people").run();
      warned.mockRestore();
    }
    agent.send({ t: "audit", n: 7_001, items: [early] });
    expect(await agent.next("audit-ack")).toMatchObject({ n: 7_001 });
  });

  it("that is not within its bounds ends the session", async () => {
    const { agent } = await connected();
    agent.send({ t: "audit", n: 1, items: [fact("x", "n", { object: `kubernetes/${"x".repeat(300)}` })] });
    expect((await agent.untilClosed()).reason).toMatch(/audit/);
  });
});
