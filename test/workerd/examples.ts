import { env } from "cloudflare:workers";
import { api } from "./api.ts";
import { givenCluster, givenProject, imageSpec } from "./catalogue.ts";

/** The world that the examples of the API's document speak of: each route can be tried on it. */
export async function givenWorldOfExamples(): Promise<void> {
  const project = await givenProject("acme", "shop");
  const tenant = String((await api("GET", "/tenants/acme")).body.id);
  await givenCluster("berlin-1", { ownerTenantId: tenant });
  const placement = { cluster: "berlin-1" };
  await api("PUT", `${project}/environments/staging`, { body: { placement, autoDeploy: true } });
  await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });
  await givenExampleEvent(tenant);
}

/** The event of the examples, of the tenant. */
const givenExampleEvent = (tenant: string) =>
  env.DB.prepare(
    `INSERT INTO events (id, type, version, tenant_id, subject, actor, correlation_id, idempotency_key, occurred_at,
        data, shard, delivered_at)
      VALUES ('evt_01KAJ7Z8Q4X2N6V0D3M5R9T1WB', 'evt.app.created', 1, ?, 'app/x', 'test', 'c', 'k', 1, '{}', 0, 1)`,
  )
    .bind(tenant)
    .run();
