import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { enrolCluster, enrolKey, makeKey, TestAgent } from "../../../test/workerd/agent.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenUser } from "../../../test/workerd/principals.ts";
import { seedWorld } from "../../../test/workerd/seed.ts";

interface NewCluster extends Record<string, unknown> {
  id: string;
  joinToken: { id: string; token: string; install: string; expiresAt: string };
}

const create = (name: string, more: Record<string, unknown> = {}) =>
  api<NewCluster>("POST", "/clusters", { body: { name, ...more } });
const tokenOf = async (name: string) => (await create(name)).body.joinToken.token;

describe("works", () => {
  it("a registration answers a token that is shown once, and the command to paste", async () => {
    const { status, body, headers } = await create("first", {
      provider: "hetzner",
      labels: { tier: "prod" },
    });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe("/api/v1/clusters/first");
    expect(body).toMatchObject({ name: "first", mode: "manage", status: "pending_bootstrap", epoch: 1 });
    expect(body.joinToken.token).toMatch(/^jtk_[0-9A-Z]{26}\.[0-9a-f]{64}$/);
    expect(body.joinToken.install).toContain(`--set joinToken=${body.joinToken.token}`);
    const stored = await env.DB.prepare("SELECT * FROM join_tokens").all();
    expect(JSON.stringify(stored.results)).not.toContain(body.joinToken.token.split(".")[1]);
    expect((await api("GET", `/clusters/${body.id}`)).body.name).toBe("first");
    expect((await api("GET", "/clusters?labels=tier=prod")).body.items).toHaveLength(1);
  });

  it("goes from pending to bootstrapping to connected, and to unknown when the agent is gone", async () => {
    const status = async () => (await api("GET", "/clusters/states")).body.status;
    const token = await tokenOf("states");
    expect(await status()).toBe("pending_bootstrap");
    const key = await makeKey();
    const { body } = await enrolKey(token, key, "uid-states");
    expect(body).toMatchObject({ clusterName: "states", clusterMode: "manage" });
    expect(await status()).toBe("bootstrapping");
    const clusterId = String(body.clusterId);
    const agent = await TestAgent.connect({ clusterId, name: "states", kubeUid: "uid-states", ...key });
    expect(await status()).toBe("connected");
    await expect
      .poll(() => env.DB.prepare("SELECT state FROM clusters WHERE id = ?").bind(clusterId).first("state"))
      .toBe("connected");
    agent.close();
    await expect.poll(status).toBe("unknown");
  });

  it("fields are patched, tenants by name; what is the same changes nothing", async () => {
    await api("PUT", "/tenants/acme", { body: {} });
    await create("patched", { region: "eu" });
    const patch = { body: { region: null, allowedTenants: ["acme"], ownerTenant: "acme" } };
    const changed = await api("PATCH", "/clusters/patched", patch);
    expect(changed.body).toMatchObject({ version: 2, ownerTenant: "acme", allowedTenants: ["acme"] });
    expect(changed.body.region).toBeUndefined();
    expect((await api("PATCH", "/clusters/patched", patch)).body.version).toBe(2);
  });

  it("goes on being patched when a tenant that it names has been purged", async () => {
    for (const name of ["stays", "purged"]) await api("PUT", `/tenants/${name}`, { body: {} });
    await create("outlives", { allowedTenants: ["purged", "stays"], ownerTenant: "purged" });
    await env.DB.prepare("DELETE FROM tenants WHERE name = 'purged'").run();
    const { status, body } = await api("PATCH", "/clusters/outlives", { body: { region: "eu" } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ region: "eu", allowedTenants: ["stays"] });
    expect(body.ownerTenant).toBeUndefined();
  });

  it("is nobody's, and not everybody's, once the tenant that owned it has been purged", async () => {
    await api("PUT", "/tenants/lone-owner", { body: {} });
    await create("orphaned", { ownerTenant: "lone-owner" });
    await env.DB.prepare("DELETE FROM tenants WHERE name = 'lone-owner'").run();
    const { body } = await api("PATCH", "/clusters/orphaned", { body: { region: "eu" } });
    expect(body.allowedTenants).toEqual([]);
  });

  it("join tokens are made, listed without their secret, and revoked", async () => {
    await create("tokens");
    const made = await api<NewCluster["joinToken"]>("POST", "/clusters/tokens/join-tokens");
    const list = await api<{ items: { state: string }[] }>("GET", "/clusters/tokens/join-tokens");
    expect(list.body.items.map(({ state }) => state)).toEqual(["valid", "valid"]);
    expect(JSON.stringify(list.body)).not.toContain(made.body.token);
    expect((await api("DELETE", `/clusters/tokens/join-tokens/${made.body.id}`)).body.state).toBe("revoked");
    expect((await enrolKey(made.body.token, await makeKey(), "u")).code).toBe("KN-1400");
  });

  it("an agent whose enrolment's answer was lost may ask again with the same key", async () => {
    const token = await tokenOf("asked-twice");
    const key = await makeKey();
    const answers = [await enrolKey(token, key, "u"), await enrolKey(token, key, "u")];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
  });
});

describe("refuses", () => {
  it("a name that is taken, a mode that is unknown, a tenant that does not exist", async () => {
    await create("taken");
    expect((await create("taken")).code).toBe("KN-1300");
    expect((await create("mode", { mode: "root" })).code).toBe("KN-1002");
    expect((await create("tenant", { allowedTenants: ["nobody"] })).code).toBe("KN-1002");
  });

  it("to tell a tenant what has a name that it cannot have", async () => {
    const { body: tenant } = await api<{ id: string }>("PUT", "/tenants/curious", { body: {} });
    const scope = { level: "tenant", tenantId: tenant.id } as const;
    const { token } = await givenUser([{ role: "tenant-owner", scope }]);
    const body = { name: "hidden", ownerTenant: "curious" };
    await create("hidden");
    const refused = await api("POST", "/clusters", { token, body });
    expect([refused.code, (refused.body.error as { details?: unknown }).details]).toEqual([
      "KN-1300",
      undefined,
    ]);
  });

  it("to show a token twice: a replayed registration names the cluster alone", async () => {
    const headers = { "idempotency-key": "one" };
    const first = await api("POST", "/clusters", { body: { name: "replayed" }, headers });
    const again = await api("POST", "/clusters", { body: { name: "replayed" }, headers });
    expect([first.status, again.code]).toEqual([201, "KN-1304"]);
    expect(again.body.error).toMatchObject({ details: { reference: "/api/v1/clusters/replayed" } });
  });

  it("to delete what environments are placed on, unless told to", async () => {
    const { clusterId, name } = await enrolCluster();
    await seedWorld(env.DB, { clusterId });
    const refused = await api("DELETE", `/clusters/${name}?confirm=${name}`);
    expect(refused).toMatchObject({ status: 409, code: "KN-1307" });
    expect((await api("DELETE", `/clusters/${name}?confirm=other`)).code).toBe("KN-1008");
    const forced = await api("DELETE", `/clusters/${name}?confirm=${name}&force=true`);
    expect(forced.body).toMatchObject({ status: "deleted" });
    expect((await create(name)).code).toBe("KN-1300");
  });
});

describe("protects", () => {
  it("a token works once, even for two at the same moment", async () => {
    const token = await tokenOf("once");
    const keys = await Promise.all([makeKey(), makeKey(), makeKey()]);
    const answers = await Promise.all(keys.map((key) => enrolKey(token, key, "u")));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    const count = await env.DB.prepare("SELECT COUNT(*) AS n FROM cluster_keys WHERE kube_uid = 'u'").first(
      "n",
    );
    expect(count).toBe(1 + 1);
  });

  it("a token is no good when its time is over, its secret is wrong, or its cluster is deleted", async () => {
    const token = await tokenOf("late");
    const wrong = `${token.split(".")[0]}.${"0".repeat(64)}`;
    expect((await enrolKey(wrong, await makeKey(), "u2")).code).toBe("KN-1400");
    await env.DB.prepare("UPDATE join_tokens SET expires_at = 1 WHERE id = ?")
      .bind(token.split(".")[0])
      .run();
    expect((await enrolKey(token, await makeKey(), "u2")).code).toBe("KN-1400");
    const gone = await tokenOf("gone");
    await api("DELETE", "/clusters/gone?confirm=gone");
    expect((await enrolKey(gone, await makeKey(), "u2")).code).toBe("KN-1400");
  });

  it("a proof for another host, or by another key, enrols nothing", async () => {
    const token = await tokenOf("proof");
    expect((await enrolKey(token, await makeKey(), "u3", "evil.example")).code).toBe("KN-1401");
    const [mine, other] = [await makeKey(), await makeKey()];
    expect((await enrolKey(token, { publicKey: mine.publicKey, sign: other.sign }, "u3")).code).toBe(
      "KN-1401",
    );
    expect((await enrolKey(token, mine, "u3")).status).toBe(200);
  });

  it("a registration belongs to one cluster: another kube-system is refused, and a key is never enrolled twice", async () => {
    const { name, kubeUid } = await enrolCluster();
    const again = async () =>
      (await api<{ token: string }>("POST", `/clusters/${name}/join-tokens`)).body.token;
    expect((await enrolKey(await again(), await makeKey(), "another")).code).toBe("KN-1403");
    const token = await again();
    const known = await makeKey();
    expect((await enrolKey(token, known, kubeUid)).status).toBe(200);
    expect((await enrolKey(await tokenOf("other-cluster"), known, "x")).code).toBe("KN-1401");
  });
});
