import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { plan, seeded } from "../../test/attack/plan.ts";
import { api, apiRaw } from "../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../test/workerd/catalogue.ts";
import { givenUser } from "../../test/workerd/principals.ts";
import { anId } from "../../test/workerd/seed.ts";
import { routes } from "../routes/index.ts";
import type { Route } from "./define.ts";
import { toJsonSchema } from "./json-schema.ts";

/**
 * Eight tenants at once, each with every right in its own, on every route with ids that are guessed, stale or another's.
 * None is answered with a row, a name or an id of another, and what is another's is not there.
 */

const TENANTS = 8;
const ROUNDS = plan.times(1);

interface Tenant {
  name: string;
  token: string;
  userId: string;
  /** What nobody else may ever be sent: it stands in rows of the tenant, and in no name that others could guess. */
  secrets: string[];
  /** Values for parameters of a path, by the parameter. */
  things: Record<string, string[]>;
}

async function givenTenant(i: number): Promise<Tenant> {
  const [name, marker] = [`tenant-${i}`, `marker-${crypto.randomUUID()}`];
  const path = await givenProject(name, "shop");
  const { body: tenant } = await api("PATCH", `/tenants/${name}`, { body: { displayName: marker } });
  const tenantId = String(tenant.id);
  const cluster = await givenCluster(`cluster-${i}`, { ownerTenantId: tenantId, displayName: marker });
  await api("PATCH", path, { body: { displayName: marker } });
  for (const environment of ["staging", "gone"]) {
    await api("PUT", `${path}/environments/${environment}`, {
      body: { displayName: marker, placement: { cluster: `cluster-${i}` }, autoDeploy: true },
    });
  }
  await api("PUT", `${path}/apps/web`, { body: { displayName: marker, spec: imageSpec(`${marker}:1`) } });
  await api("DELETE", `${path}/environments/gone?confirm=gone`);
  await api("DELETE", `/tenants/${name}/projects/old?confirm=old`);
  const { results } = await env.DB.prepare("SELECT id FROM events WHERE tenant_id = ?").bind(tenantId).all();
  const user = await givenUser([{ role: "tenant-owner", scope: { level: "tenant", tenantId } }]);
  const ids = ["projects", "environments", "apps", "revisions", "releases"].map(async (table) => {
    const rows = await env.DB.prepare(`SELECT id FROM ${table} WHERE tenant_id = ?`).bind(tenantId).all();
    return rows.results.map(({ id }) => String(id));
  });
  return {
    name,
    token: user.token,
    userId: user.id,
    secrets: [marker, tenantId, cluster, ...(await Promise.all(ids)).flat()],
    things: {
      tenant: [name],
      project: ["shop", "old"],
      environment: ["staging", "gone"],
      app: ["web"],
      revision: ["1", "latest"],
      cluster: [`cluster-${i}`, cluster],
      event: results.map(({ id }) => String(id)),
    },
  };
}

const tenants = await Promise.all(Array.from({ length: TENANTS }, (_, i) => givenTenant(i)));

interface Fields {
  properties?: Record<string, { examples?: unknown[] }>;
  required?: string[];
}

const fieldsOf = (route: Route, part: "params" | "query"): Fields =>
  route[part] ? (toJsonSchema(route[part], "input", new Map()) as Fields) : {};

const exampleOf = (route: Route, part: "params" | "query", name: string): string => {
  const { properties = {} } = fieldsOf(route, part);
  return String(route.parameterExamples?.[name] ?? properties[name]?.examples?.[0] ?? "x");
};

/** A request of one tenant that reaches for what belongs to `other`, where that is somebody. */
function requestOf(route: Route, me: Tenant, other: Tenant, random: () => number) {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const owner = random() < 0.3 ? me : other;
  let last = "";
  const path = route.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const guessed = name === "event" ? anId("event") : exampleOf(route, "params", name);
    last = (random() < 0.9 ? pick(owner.things[name] ?? []) : undefined) ?? guessed;
    return encodeURIComponent(last);
  });
  const query = new URLSearchParams();
  for (const name of fieldsOf(route, "query").required ?? [])
    query.set(name, exampleOf(route, "query", name));
  const asksTenant = exampleOf(route, "query", "tenant") === "acme";
  if (asksTenant) query.set("tenant", owner.name);
  if (route.method === "delete" && route.query) query.set("confirm", last);
  const text = query.size > 0 ? `${path}?${query}` : path;
  return {
    url: `https://kubenova.test${text}`,
    foreign: owner !== me,
    namesOwner: path.includes(other.name) || asksTenant,
  };
}

/** Routes that would end the tenant which goes on attacking, or that are about the caller alone. */
const LEFT_OUT = ["deleteTenant"];
const attacked = routes.filter(
  ({ action, operationId }) => action !== "public" && !LEFT_OUT.includes(operationId),
);

async function attack(me: Tenant, i: number): Promise<number> {
  const random = seeded(plan.seed + i);
  let asked = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const route of attacked) {
      const others = tenants.filter((tenant) => tenant !== me);
      const other = others[Math.floor(random() * others.length)] as Tenant;
      const { url, foreign, namesOwner } = requestOf(route, me, other, random);
      const answer = await apiRaw(route.method.toUpperCase(), url, {
        token: me.token,
        ...(route.body ? { body: route.body.example } : {}),
      });
      const text = (await answer.text()) + JSON.stringify([...answer.headers]);
      const what = `${me.name}: ${route.method} ${url} -> ${answer.status} ${text}`;
      expect(answer.status, what).not.toBe(500);
      // A long plan asks more than a tenant may in a minute.
      if (foreign && namesOwner && answer.status !== 429) expect(answer.status, what).toBe(404);
      const sent = new URL(url).pathname;
      for (const { secrets } of others) {
        const leaked = secrets.filter((secret) => text.includes(secret) && !sent.includes(secret));
        expect(leaked, what).toEqual([]);
      }
      asked++;
    }
  }
  return asked;
}

describe("eight tenants at once", () => {
  it("never see a row, a name or an id of another", async () => {
    const asked = await Promise.all(tenants.map(attack));
    expect(Math.min(...asked)).toBe(attacked.length * ROUNDS);
  });

  it("have left no trace in another", async () => {
    const { results } = await env.DB.prepare(
      "SELECT DISTINCT t.name AS tenant, e.actor FROM events e JOIN tenants t ON t.id = e.tenant_id",
    ).all<{ tenant: string; actor: string }>();
    for (const { tenant, actor } of results) {
      const own = tenants.find(({ name }) => name === tenant)?.userId;
      expect(["platform-admin", own], tenant).toContain(actor);
    }
    expect(results.some(({ actor }) => actor !== "platform-admin")).toBe(true);
  });
});
