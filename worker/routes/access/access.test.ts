import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { PLATFORM_LOG } from "../../../domain/audit/entry.ts";
import { until } from "../../../test/lib/until.ts";
import { api } from "../../../test/workerd/api.ts";
import { loggedIn } from "../../../test/workerd/audit.ts";
import { givenProject } from "../../../test/workerd/catalogue.ts";
import { givenKey, givenUser } from "../../../test/workerd/principals.ts";

let acme: Scope & { level: "tenant" };
let shop: Scope & { level: "project" };

beforeAll(async () => {
  for (const tenant of ["acme", "rival"]) await givenProject(tenant, "shop");
  acme = { level: "tenant", tenantId: String((await api("GET", "/tenants/acme")).body.id) };
  const { body } = await api("GET", "/tenants/acme/projects/shop");
  shop = { level: "project", tenantId: acme.tenantId, projectId: String(body.id) };
});

const explain = (token: string, query: string) => api("GET", `/access/explain?${query}`, { token });
const AT_SHOP = "tenant=acme&project=shop";

describe("an explanation", () => {
  it("names the binding that decided, or the nearest miss", async () => {
    const { id, token } = await givenUser([{ role: "viewer", scope: acme }]);
    const binding = { role: "viewer", scope: `tenant/${acme.tenantId}`, subject: `user/${id}` };
    expect((await explain(token, `permission=app:get&${AT_SHOP}`)).body).toMatchObject({
      allowed: true,
      rule: "within",
      principal: `user/${id}`,
      object: { tenant: "acme", project: "shop" },
      binding,
    });
    expect((await explain(token, `permission=app:delete&${AT_SHOP}`)).body).toMatchObject({
      allowed: false,
      rule: "role-lacks-it",
      binding,
    });
    const { token: ofShop } = await givenUser([{ role: "developer", scope: shop }]);
    expect((await explain(ofShop, "permission=tenant:get&tenant=acme")).body).toMatchObject({
      rule: "on-the-way",
    });
    const { key } = await givenKey([{ role: "tenant-owner", scope: acme }], { permissions: ["app:get"] });
    expect((await explain(key, `permission=app:delete&${AT_SHOP}`)).body).toMatchObject({
      rule: "key-permissions",
    });
  });

  it("of another is for who may explain there", async () => {
    const { id: developer, token: ofDeveloper } = await givenUser([{ role: "developer", scope: shop }]);
    const { token: ofOwner, id: owner } = await givenUser([{ role: "tenant-owner", scope: acme }]);
    const about = (id: string) => `permission=release:deploy&${AT_SHOP}&principal=user/${id}`;
    expect((await explain(ofOwner, about(developer))).body).toMatchObject({ allowed: true, rule: "within" });
    expect((await explain(ofDeveloper, about(developer))).body).toMatchObject({ allowed: true });
    expect((await explain(ofDeveloper, about(owner))).code).toBe("KN-1102");
    await env.DB.prepare("UPDATE users SET state = 'disabled' WHERE id = ?").bind(developer).run();
    expect((await explain(ofOwner, about(developer))).body).toMatchObject({
      allowed: false,
      rule: "disabled",
    });
    const { id: foreigner } = await givenUser();
    await env.DB.prepare("UPDATE users SET state = 'disabled' WHERE id = ?").bind(foreigner).run();
    const stranger = "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
    expect((await explain(ofOwner, about(foreigner))).body).toMatchObject({ rule: "no-binding" });
    expect((await explain(ofOwner, about(stranger))).body).toMatchObject({ rule: "no-binding" });
  });

  it("of what one may not see is that it is not there", async () => {
    const { token } = await givenUser([{ role: "tenant-owner", scope: acme }]);
    const foreign = await explain(token, "permission=app:get&tenant=rival&project=shop");
    const missing = await explain(token, "permission=app:get&tenant=nobody&project=shop");
    expect([foreign.status, missing.status]).toEqual([404, 404]);
    expect((foreign.body as { error: { message: string } }).error.message).toBe(
      "There is no tenant 'rival'.",
    );
    expect((await explain(token, "permission=app:get&project=shop")).code).toBe("KN-1002");
    expect((await explain(token, "permission=app:fly&tenant=acme")).code).toBe("KN-1002");
  });
});

describe("my permissions", () => {
  it("are those that hold there, for this very credential", async () => {
    const { token } = await givenUser([{ role: "developer", scope: shop }]);
    const mine = (query: string, who = token) =>
      api<{ permissions: string[] }>("GET", `/me/permissions?${query}`, { token: who });
    expect((await mine(AT_SHOP)).body.permissions).toContain("app:update");
    expect((await mine("tenant=acme")).body.permissions).toEqual(["tenant:get", "project:list"]);
    const { key } = await givenKey([{ role: "tenant-owner", scope: acme }], { permissions: ["app:get"] });
    expect((await mine(AT_SHOP, key)).body.permissions).not.toContain("app:update");
    const { token: nobody } = await givenUser();
    expect((await mine("", nobody)).body.permissions).toEqual([]);
    expect((await mine(AT_SHOP, nobody)).status).toBe(404);
  });
});

describe("a question about what one may not see", () => {
  it("is a denial in the platform's log, as on every other route; about what is not there it is none", async () => {
    const rival = String((await api("GET", "/tenants/rival")).body.id);
    const { body } = await api("POST", "/clusters", { body: { name: "unseen-1" } });
    const { id, token } = await givenUser([{ role: "tenant-owner", scope: acme }]);
    const asked = [
      "/access/explain?permission=app:get&tenant=rival&project=shop",
      "/me/permissions?cluster=unseen-1",
      "/me/permissions?tenant=nobody",
    ];
    for (const path of asked) expect((await api("GET", path, { token })).status, path).toBe(404);
    const told = async () =>
      (await loggedIn(PLATFORM_LOG))
        .filter(({ actor }) => actor.id === id)
        .map(({ action, object, outcome }) => [action, object, outcome])
        .sort();
    await until("both denials", async () => (await told()).length >= 2);
    expect(await told()).toEqual([
      ["cluster:get", `cluster/${body.id}`, "denied"],
      ["tenant:get", `tenant/${rival}`, "denied"],
    ]);
    expect((await loggedIn(rival)).filter(({ outcome }) => outcome === "denied")).toEqual([]);
  });
});
