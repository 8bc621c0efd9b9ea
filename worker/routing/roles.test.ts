import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import page from "../../docs/roles.md?raw";
import {
  isPlatformOnly,
  type Permission,
  type Principal,
  permissionsOf,
  ROLES,
  type RoleName,
  type Scope,
} from "../../domain/access/index.ts";
import { api } from "../../test/workerd/api.ts";
import { givenProject } from "../../test/workerd/catalogue.ts";
import { givenWorldOfExamples } from "../../test/workerd/examples.ts";
import { type Instead, tryRoute } from "../../test/workerd/run-route.ts";
import { routes } from "../routes/index.ts";

/** Every route as every role: what happens is what docs/roles.md says. */

const rows = [...page.matchAll(/^\| (\w+) +\| ([a-z-]+:[a-z-]+) +\|(.*)\|$/gm)].map(
  ([, operation, permission, cells]) => ({
    operation: String(operation),
    permission,
    allowed: String(cells)
      .split("|")
      .map((cell) => cell.trim() === "yes"),
  }),
);
const columns = String(/^\| operation +\| permission +\|(.*)\|$/m.exec(page)?.[1])
  .split("|")
  .map((cell) => cell.trim() as RoleName);

await givenWorldOfExamples();
await givenProject("rival", "shop");
const idOf = async (path: string) => String((await api("GET", path)).body.id);
const acme: Scope = { level: "tenant", tenantId: await idOf("/tenants/acme") };
const rival: Scope = { level: "tenant", tenantId: await idOf("/tenants/rival") };

/** Of roles that may be bound at both, an operation on the platform's own log asks for the platform. */
const holder = (role: RoleName, tenant: Scope, permission = ""): Principal => {
  const isPlatforms = role.startsWith("platform-") || isPlatformOnly(permission as Permission);
  const scope: Scope = isPlatforms ? { level: "platform" } : tenant;
  const permissions = permissionsOf(role, []);
  const subject = "user/usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
  const binding = { id: "bnd_1", role, permissions, scope, subject, lastUsedAt: null };
  return { kind: "user", id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB", bindings: [binding] };
};

/** Operations that are the platform's or a tenant's, by what they name. */
const OF_ACME: Record<string, Instead> = {
  createCluster: { body: { name: "berlin-2", ownerTenant: "acme" } },
  listEvents: { query: { tenant: "acme" } },
};

describe("the table of docs/roles.md", () => {
  it("has every role and every route that asks for a permission", () => {
    expect(columns).toEqual(Object.keys(ROLES));
    const asking = routes.filter(({ action }) => action !== "public" && action !== "self");
    expect(rows.map(({ operation }) => operation)).toEqual(asking.map(({ operationId }) => operationId));
  });

  it.each(rows.map((row) => [row.operation, row] as const))(
    "holds for %s",
    async (operation, { allowed, permission }) => {
      const route = routes.find(({ operationId }) => operationId === operation);
      if (!route) throw new Error(`${operation} is no route`);
      const found: Record<string, boolean> = {};
      for (const role of columns)
        found[role] = (await tryRoute(route, holder(role, acme, permission), OF_ACME[operation])).authorized;
      expect(found).toEqual(Object.fromEntries(columns.map((role, i) => [role, allowed[i]])));
    },
  );
});

/** Operations that stand on no tenant: what they list is what their reader may see. */
const LISTS = ["listTenants", "listClusters"];

describe("whoever has every right in another tenant", () => {
  const closed = routes.filter(
    ({ action, operationId }) => action !== "public" && action !== "self" && !LISTS.includes(operationId),
  );
  it.each(closed.map((route) => [route.operationId, route] as const))(
    "is refused by %s",
    async (_name, route) => {
      const { authorized, outcome } = await tryRoute(
        route,
        holder("tenant-owner", rival),
        OF_ACME[route.operationId],
      );
      expect(authorized).toBe(false);
      const { code, details } = outcome as { code: string; details?: unknown };
      const ofTenant = route.path.includes("{tenant}") || route.path.includes("{cluster}");
      expect(ofTenant ? ["KN-1200"] : ["KN-1200", "KN-1102"]).toContain(code);
      if (ofTenant) expect(details).toBeUndefined();
      expect(JSON.stringify(outcome)).not.toContain((acme as { tenantId: string }).tenantId);
    },
  );
});

it("a table's world is not changed by being tried", async () => {
  expect((await env.DB.prepare("SELECT COUNT(*) AS n FROM tenants").first<{ n: number }>())?.n).toBe(2);
});
