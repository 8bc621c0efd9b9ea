import { env } from "cloudflare:workers";
import { MAX_REQUESTS_PER_MINUTE } from "../../../domain/limits/figures.ts";
import { givenCluster, givenProject, imageSpec } from "../catalogue.ts";
import { givenMember } from "../principals.ts";
import { givenAccess } from "./access.ts";
import { done } from "./done.ts";
import type { About, Tenant, Values } from "./types.ts";

/** All that a tenant can have, some of it deleted, each with its marker. */
export async function givenTenant(i: number): Promise<Tenant> {
  const [name, marker] = [`tenant-${i}`, `planted-${crypto.randomUUID()}`];
  const [project, old] = [`shop-${i}`, `old-${i}`];
  const path = await givenProject(name, project);
  await givenProject(name, old);
  const tenant = await done("PATCH", `/tenants/${name}`, { body: { displayName: marker } });
  const id = String(tenant.id);
  await unlimited(name);
  const scope = { level: "tenant" as const, tenantId: id };
  const user = await givenMember(id, [{ role: "tenant-owner", scope }]);
  const about = { name, id, marker, token: user.token, userId: user.id, sessionId: user.sessionId };
  const clusters = await givenClusters(about, i);
  await givenCatalogue(path, about, i);
  await done("DELETE", `/tenants/${name}/projects/${old}?confirm=${old}`);
  const access = await givenAccess(about, i);
  const things: Tenant["things"] = {
    tenant: { own: [name], stale: [] },
    project: { own: [project], stale: [old] },
    environment: { own: [`staging-${i}`], stale: [`gone-${i}`] },
    app: { own: [`web-${i}`], stale: [`ended-${i}`] },
    cluster: clusters,
    revision: { own: ["1", "latest", ...(await idsOf("revisions", id))], stale: [] },
    event: { own: await idsOf("events", id), stale: [] },
    ...access,
  };
  return { ...about, things, secrets: [marker, id, user.id, ...(await secretsOf(id)), ...idsIn(things)] };
}

/** What the attack asks is no reason to refuse it. */
const unlimited = (tenant: string) =>
  done("PUT", `/tenants/${tenant}/limits`, {
    body: {
      requestsPerMinute: MAX_REQUESTS_PER_MINUTE,
      principalRequestsPerMinute: MAX_REQUESTS_PER_MINUTE,
    },
  });

async function givenClusters({ id, marker }: About, i: number): Promise<Values> {
  const given = { ownerTenantId: id, displayName: marker };
  const own = await givenCluster(`cluster-${i}`, given);
  const stale = await givenCluster(`scrap-${i}`, { ...given, state: "deleted", deletedAt: Date.now() });
  return { own: [`cluster-${i}`, own], stale: [`scrap-${i}`, stale] };
}

async function givenCatalogue(path: string, { marker }: About, i: number): Promise<void> {
  await done("PATCH", path, { body: { displayName: marker } });
  for (const environment of [`staging-${i}`, `gone-${i}`]) {
    await done("PUT", `${path}/environments/${environment}`, {
      body: { displayName: marker, placement: { cluster: `cluster-${i}` }, autoDeploy: true },
    });
  }
  for (const app of [`web-${i}`, `ended-${i}`]) {
    const body = { displayName: marker, spec: imageSpec(`${marker}:1`) };
    await done("PUT", `${path}/apps/${app}`, { body });
  }
  await done("DELETE", `${path}/environments/gone-${i}?confirm=gone-${i}`);
  await done("DELETE", `${path}/apps/ended-${i}`);
}

async function idsOf(table: string, tenantId: string): Promise<string[]> {
  const rows = await env.DB.prepare(`SELECT id FROM ${table} WHERE tenant_id = ?`).bind(tenantId).all();
  return rows.results.map(({ id }) => String(id));
}

const TABLES = ["projects", "environments", "apps", "revisions", "releases", "teams", "service_accounts"];
const secretsOf = async (tenantId: string): Promise<string[]> =>
  (
    await Promise.all(
      [...TABLES, "roles", "bindings", "invitations", "identity_providers"].map((table) =>
        idsOf(table, tenantId),
      ),
    )
  ).flat();

/** Names are no secrets: they can be guessed, and an answer repeats them. Ids and addresses are. */
const idsIn = (things: Tenant["things"]): string[] =>
  Object.values(things)
    .flatMap(({ own, stale }) => [...own, ...stale])
    .filter((value) => /^[a-z]{3}_[0-9A-Z]{26}$|@/.test(value));
