import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../domain/access/index.ts";
import { until } from "../../test/lib/until.ts";
import { type ApiAnswer, api } from "../../test/workerd/api.ts";
import { loggedIn } from "../../test/workerd/audit.ts";
import { givenCluster, givenProject, imageSpec } from "../../test/workerd/catalogue.ts";
import { givenBinding, givenKey, givenUser } from "../../test/workerd/principals.ts";

/** What a real principal gets, by his live rights: two tenants, two projects, two environments. */

let acme: Scope & { level: "tenant" };
let shop: Scope & { level: "project" };
let staging: Scope & { level: "environment" };

const SHOP = "/tenants/acme/projects/shop";

beforeAll(async () => {
  await givenCluster("berlin-1");
  for (const [tenant, project] of [
    ["acme", "shop"],
    ["acme", "blog"],
    ["rival", "shop"],
  ] as const) {
    const path = await givenProject(tenant, project);
    for (const environment of ["staging", "production"]) {
      await api("PUT", `${path}/environments/${environment}`, {
        body: { placement: { cluster: "berlin-1" }, autoDeploy: true },
      });
    }
    await api("PUT", `${path}/apps/web`, { body: { spec: imageSpec("web:1") } });
  }
  const idOf = async (path: string) => String((await api("GET", path)).body.id);
  acme = { level: "tenant", tenantId: await idOf("/tenants/acme") };
  shop = { level: "project", tenantId: acme.tenantId, projectId: await idOf(SHOP) };
  staging = {
    level: "environment",
    tenantId: acme.tenantId,
    projectId: shop.projectId,
    environmentId: await idOf(`${SHOP}/environments/staging`),
  };
});

const names = ({ body }: ApiAnswer) => (body as { items: { name: string }[] }).items.map(({ name }) => name);
const error = ({ status, body }: ApiAnswer) => {
  const { requestId: _, ...rest } = (body as { error: Record<string, unknown> }).error;
  return { status, ...rest };
};

describe("what a principal may not see", () => {
  it("is answered in the words of what is not there", async () => {
    const { token } = await givenUser([{ role: "tenant-owner", scope: acme }]);
    const { token: ofShop } = await givenUser([{ role: "developer", scope: shop }]);
    const pairs: [string, string, string, string][] = [
      [token, "GET", "/tenants/rival", "/tenants/nobody"],
      [token, "GET", "/tenants/rival/projects", "/tenants/nobody/projects"],
      [token, "DELETE", "/tenants/rival?confirm=rival", "/tenants/nobody?confirm=nobody"],
      [token, "GET", "/tenants/rival/projects/shop", "/tenants/nobody/projects/shop"],
      [token, "GET", "/tenants/rival/projects/shop/apps/web", "/tenants/nobody/projects/shop/apps/web"],
      [token, "GET", "/events?tenant=rival", "/events?tenant=nobody"],
      [token, "GET", "/clusters/berlin-1", "/clusters/nowhere"],
      [token, "POST", "/clusters/berlin-1/join-tokens", "/clusters/nowhere/join-tokens"],
      [ofShop, "GET", "/tenants/acme/projects/blog", "/tenants/acme/projects/none"],
      [ofShop, "GET", "/tenants/acme/projects/blog/apps/web", "/tenants/acme/projects/none/apps/web"],
    ];
    for (const [who, method, there, missing] of pairs) {
      const [one, two] = [
        await api(method, there, { token: who }),
        await api(method, missing, { token: who }),
      ];
      const renamed = JSON.stringify(error(one)).replace(/rival|berlin-1|blog/g, "X");
      expect(renamed, there).toBe(JSON.stringify(error(two)).replace(/nobody|nowhere|none/g, "X"));
      expect(one.status, there).toBe(404);
    }
  });

  it("is in no list", async () => {
    const { token } = await givenUser([{ role: "developer", scope: shop }]);
    expect(names(await api("GET", "/tenants", { token }))).toEqual(["acme"]);
    expect(names(await api("GET", "/tenants/acme/projects", { token }))).toEqual(["shop"]);
    expect(names(await api("GET", `${SHOP}/environments`, { token }))).toEqual(["production", "staging"]);
    const { token: nobody } = await givenUser();
    expect((await api("GET", "/tenants", { token: nobody })).code).toBe("KN-1102");
    const { token: owner } = await givenUser([{ role: "tenant-owner", scope: acme }]);
    expect(names(await api("GET", "/clusters", { token: owner }))).toEqual([]);
    await api("POST", "/clusters", { body: { name: "acme-own", ownerTenant: "acme" } });
    expect(names(await api("GET", "/clusters", { token: owner }))).toEqual(["acme-own"]);
  });

  it("of another environment is neither shown nor deployed to", async () => {
    const { token } = await givenUser([{ role: "developer", scope: staging }]);
    expect(names(await api("GET", `${SHOP}/environments`, { token }))).toEqual(["staging"]);
    const app = await api<{ releases: { environment: string }[] }>("GET", `${SHOP}/apps/web`, { token });
    expect(app.body.releases.map(({ environment }) => environment)).toEqual(["staging"]);
    const deploy = (to: string) =>
      api("POST", `${SHOP}/apps/web/releases/${to}`, { token, body: { revision: "latest" } });
    expect((await deploy("staging")).status).toBe(200);
    expect(error(await deploy("production"))).toMatchObject({
      status: 404,
      message: "There is no environment 'production'.",
    });
    expect((await api("PUT", `${SHOP}/apps/web`, { token, body: { spec: imageSpec("web:2") } })).code).toBe(
      "KN-1102",
    );
  });
});

describe("rights", () => {
  it("given and taken hold from the next request on", async () => {
    const { id, token } = await givenUser();
    const get = () => api("GET", "/tenants/acme", { token });
    expect((await get()).status).toBe(404);
    const binding = await givenBinding(`user/${id}`, { role: "viewer", scope: acme });
    expect((await get()).status).toBe(200);
    await until("the binding's last use", async () => {
      const row = await env.DB.prepare("SELECT last_used_at FROM bindings WHERE id = ?")
        .bind(binding)
        .first();
      return row?.last_used_at;
    });
    await env.DB.prepare("DELETE FROM bindings WHERE id = ?").bind(binding).run();
    expect((await get()).status).toBe(404);
  });

  it("come by teams and by groups of a login", async () => {
    const { token } = await givenUser([], ["group/idp_1/admins"]);
    await givenBinding("group/idp_1/admins", { role: "viewer", scope: acme });
    expect((await api("GET", "/tenants/acme", { token })).status).toBe(200);
    const { id, token: member } = await givenUser();
    await env.DB.prepare("INSERT INTO team_members VALUES ('tem_1', ?, 0)").bind(`user/${id}`).run();
    await givenBinding("team/tem_1", { role: "viewer", scope: acme });
    expect((await api("GET", "/tenants/acme", { token: member })).status).toBe(200);
  });

  it("that have ended, and those of who is disabled or logged out, are none", async () => {
    const user = await givenUser([{ role: "viewer", scope: acme }]);
    const get = () => api("GET", "/tenants/acme", { token: user.token });
    const set = (sql: string, ...values: unknown[]) =>
      env.DB.prepare(sql)
        .bind(...values)
        .run();
    expect((await get()).status).toBe(200);
    await set("UPDATE bindings SET expires_at = 1 WHERE subject = ?", `user/${user.id}`);
    expect((await get()).status).toBe(404);
    await set("UPDATE users SET state = 'disabled' WHERE id = ?", user.id);
    expect((await get()).code).toBe("KN-1103");
    await set("UPDATE sessions SET ended_at = 1 WHERE id = ?", user.sessionId);
    expect((await get()).code).toBe("KN-1100");
  });

  it("that a tenant gave end when it is deleted, on its clusters too, and are back with it", async () => {
    const tenantId = String((await api("PUT", "/tenants/leaving", { body: {} })).body.id);
    const { body } = await api("POST", "/clusters", { body: { name: "leaving-1", ownerTenant: "leaving" } });
    const onTenant = { role: "tenant-owner", scope: { level: "tenant", tenantId } } as const;
    const onCluster = await givenUser([], ["group/idp_1/crew"]);
    const clusterId = String(body.id);
    await givenBinding("group/idp_1/crew", { role: "viewer", scope: { level: "cluster", clusterId } });
    await env.DB.prepare("UPDATE bindings SET tenant_id = ?1 WHERE cluster_id = ?2")
      .bind(tenantId, clusterId)
      .run();
    const [owner, machine] = [await givenUser([onTenant]), await givenKey([onTenant], { tenantId })];
    const statuses = () =>
      Promise.all(
        [
          ["/clusters/leaving-1", owner.token],
          ["/clusters/leaving-1/join-tokens", machine.key],
          ["/clusters/leaving-1", onCluster.token],
          ["/tenants/leaving/audit", owner.token],
          ["/events?tenant=leaving", machine.key],
        ].map(async ([path = "", token = ""]) => (await api("GET", path, { token })).status),
      );
    expect(await statuses()).toEqual([200, 200, 200, 200, 200]);
    expect((await api("DELETE", "/tenants/leaving?confirm=leaving", owner)).status).toBe(200);
    expect(await statuses()).toEqual([404, 404, 404, 404, 404]);
    expect((await api("GET", "/clusters", { token: owner.token })).code).toBe("KN-1102");
    expect((await api("POST", "/clusters/leaving-1/join-tokens", owner)).status).toBe(404);
    // The platform's own staff are not the tenant's.
    expect((await api("GET", "/tenants/leaving/audit")).status).toBe(200);
    expect((await api("POST", "/tenants/leaving:restore")).status).toBe(200);
    expect(await statuses()).toEqual([200, 200, 200, 200, 200]);
  });

  it("do not replay an answer to who has lost them", async () => {
    const { id, token } = await givenUser([{ role: "tenant-owner", scope: acme }]);
    const headers = { "idempotency-key": "once" };
    const put = () => api("POST", "/tenants/acme/projects", { token, headers, body: { name: "lost" } });
    expect((await put()).status).toBe(201);
    expect((await put()).headers.get("idempotent-replayed")).toBe("true");
    await env.DB.prepare("DELETE FROM bindings WHERE subject = ?").bind(`user/${id}`).run();
    expect((await put()).status).toBe(404);
  });

  it("that a request asked for beside its action are asked for again before its answer is repeated", async () => {
    const role = (id: string, ...permissions: string[]) =>
      env.DB.prepare(
        "INSERT INTO roles (id, name, permissions, created_at, updated_at) VALUES (?1, ?1, ?2, 0, 0)",
      )
        .bind(id, JSON.stringify(permissions))
        .run();
    await role("rol_writer", "app:update", "release:deploy");
    await role("rol_maker", "app:create");
    const { id, token } = await givenUser([{ role: "rol_writer", scope: shop }]);
    const makes = await givenBinding(`user/${id}`, { role: "rol_maker", scope: shop });
    const headers = { "idempotency-key": "made-once" };
    const put = (image: string) =>
      api("PUT", `${SHOP}/apps/made`, { token, headers, body: { spec: imageSpec(image) } });
    const first = await put("web:1");
    expect(first.status).toBe(202);
    const again = await put("web:1");
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([202, "true"]);
    expect(again.body).toEqual(first.body);
    await env.DB.prepare("DELETE FROM bindings WHERE id = ?").bind(makes).run();
    const after = await put("web:1");
    expect([after.status, after.code]).toEqual([403, "KN-1102"]);
    expect(after.body.error).toMatchObject({ details: { permission: "app:create" } });
    // What another request needs is asked by itself.
    expect((await put("web:2")).code).toBe("KN-1302");
    const denied = async () =>
      (await loggedIn(acme.tenantId)).filter(
        ({ actor, action }) => actor.id === id && action === "app:create",
      );
    await until("the denial", async () => (await denied()).some(({ outcome }) => outcome === "denied"));
  });

  it("to take a cluster over are asked for again, too", async () => {
    const { body } = await api("POST", "/clusters", { body: { name: "taken" } });
    const scope = { level: "cluster", clusterId: String(body.id) } as const;
    const { id, token } = await givenUser([{ role: "platform-ops", scope }]);
    const binding = await givenBinding(`user/${id}`, { role: "tenant-owner", scope: acme });
    const headers = { "idempotency-key": "take" };
    const take = () => api("PATCH", "/clusters/taken", { token, headers, body: { ownerTenant: "acme" } });
    expect((await take()).status).toBe(200);
    expect((await take()).headers.get("idempotent-replayed")).toBe("true");
    await env.DB.prepare("DELETE FROM bindings WHERE id = ?").bind(binding).run();
    expect((await take()).code).toBe("KN-1102");
  });

  it("of an update do not create", async () => {
    await env.DB.prepare(
      `INSERT INTO roles (id, name, permissions, created_at, updated_at)
        VALUES ('rol_1', 'updater', '["app:update", "release:deploy"]', 0, 0)`,
    ).run();
    const { token } = await givenUser([{ role: "rol_1", scope: shop }]);
    const put = (app: string) =>
      api("PUT", `${SHOP}/apps/${app}`, { token, body: { spec: imageSpec("web:3") } });
    expect((await put("web")).status).toBe(202);
    expect((await put("brand-new")).code).toBe("KN-1102");
  });

  it("of a custom role at the platform are what it names, and show no tenant", async () => {
    await env.DB.prepare(
      `INSERT INTO roles (id, name, permissions, created_at, updated_at)
        VALUES ('rol_2', 'scraper', '["metrics:get"]', 0, 0)`,
    ).run();
    const { token } = await givenUser([{ role: "rol_2", scope: { level: "platform" } }]);
    expect((await api("GET", "/metrics", { token })).status).toBe(200);
    expect((await api("GET", "/tenants", { token })).code).toBe("KN-1102");
    expect((await api("GET", "/tenants/acme", { token })).status).toBe(404);
  });

  it("to adopt a namespace are the cluster owner's to give", async () => {
    const { token } = await givenUser([{ role: "tenant-owner", scope: acme }]);
    const adopt = (cluster: string) =>
      api("POST", `${SHOP}/environments`, {
        token,
        body: { name: `adopted-${cluster}`, namespace: "payments", placement: { cluster } },
      });
    expect((await adopt("berlin-1")).code).toBe("KN-1102");
    await api("POST", "/clusters", { body: { name: "acme-two", ownerTenant: "acme" } });
    expect((await adopt("acme-two")).status).toBe(201);
  });
});

describe("an API key", () => {
  it("is good for what it is held to, until it ends", async () => {
    const given = [{ role: "tenant-owner", scope: acme }];
    const reader = await givenKey(given, { permissions: ["app:get"] });
    expect((await api("GET", `${SHOP}/apps/web`, { token: reader.key })).status).toBe(200);
    expect((await api("DELETE", `${SHOP}/apps/web`, { token: reader.key })).code).toBe("KN-1102");
    const elsewhere = await givenKey(given, { tenantId: "ten_other" });
    expect((await api("GET", "/tenants/acme", { token: elsewhere.key })).status).toBe(404);
    const old = await givenKey(given, { expiresAt: 1 });
    expect((await api("GET", "/tenants/acme", { token: old.key })).code).toBe("KN-1101");
  });

  it("of another secret, form or revoked is refused", async () => {
    const { id, key } = await givenKey([{ role: "tenant-owner", scope: acme }]);
    const get = async (token: string) => (await api("GET", "/tenants/acme", { token })).status;
    expect(await get(key)).toBe(200);
    const flipped = key.slice(0, -1) + (key.endsWith("A") ? "B" : "A");
    for (const bad of [flipped, key.slice(0, -1), `${key}x`, key.toLowerCase(), "kn_"]) {
      expect(await get(bad), bad).toBe(401);
    }
    await env.DB.prepare("UPDATE api_keys SET revoked_at = 1 WHERE id = ?").bind(id).run();
    expect(await get(key)).toBe(401);
  });

  it("has its former secret for a while after a rotation", async () => {
    const { id, key } = await givenKey([{ role: "tenant-owner", scope: acme }]);
    const rotate = (until: number) =>
      env.DB.prepare(
        "UPDATE api_keys SET previous_hash = COALESCE(previous_hash, secret_hash), secret_hash = 'new', previous_expires_at = ? WHERE id = ?",
      )
        .bind(until, id)
        .run();
    await rotate(Date.now() + 60_000);
    expect((await api("GET", "/tenants/acme", { token: key })).status).toBe(200);
    await rotate(Date.now() - 1);
    expect((await api("GET", "/tenants/acme", { token: key })).status).toBe(401);
  });
});
