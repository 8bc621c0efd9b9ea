import { expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../../test/workerd/catalogue.ts";
import { givenKey } from "../../../test/workerd/principals.ts";

it("needs the right to deploy there: a key that may only write apps deploys nothing", async () => {
  const project = await givenProject("acme", "shop");
  const { body: tenant } = await api<{ id: string }>("GET", "/tenants/acme");
  await givenCluster("auto-1");
  const environment = { placement: { cluster: "auto-1" } };
  await api("PUT", `${project}/environments/live`, { body: environment });
  const given = { role: "developer", scope: { level: "tenant", tenantId: tenant.id } } as const;
  const writer = await givenKey([given], { permissions: ["app:create", "app:update", "app:get"] });
  const put = (token: string, image: string) =>
    api<{ error?: { details?: unknown } }>("PUT", `${project}/apps/web`, {
      token,
      body: { spec: imageSpec(image) },
    });
  const refused = await put(writer.key, "web:1");
  expect([refused.status, refused.body.error?.details]).toMatchObject([
    403,
    { permission: "release:deploy" },
  ]);
  const whole = await givenKey([given]);
  expect((await put(whole.key, "web:1")).status).toBe(202);
  expect((await put(writer.key, "web:2")).status).toBe(403);
  // What deploys nothing needs no such right.
  const labels = { labels: { tier: "front" } };
  expect((await api("PATCH", `${project}/apps/web`, { token: writer.key, body: labels })).status).toBe(202);
  await api("PATCH", `${project}/environments/live`, { body: { autoDeploy: false } });
  expect((await put(writer.key, "web:3")).status).toBe(202);
});
