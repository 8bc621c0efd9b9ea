import { env } from "cloudflare:workers";
import { ulid } from "ulid";
import { insertRow } from "../../worker/store/rows.ts";
import { clusters } from "../../worker/store/schema/index.ts";
import { api } from "./api.ts";

/** A cluster as the registration leaves it, in the database alone. @returns its id */
export async function givenCluster(
  name: string,
  given: Partial<typeof clusters.$inferInsert> = {},
): Promise<string> {
  const id = `cls_${ulid()}`;
  const row = {
    id,
    name,
    labels: {},
    createdAt: 1,
    updatedAt: 1,
    mode: "manage" as const,
    state: "connected" as const,
    epochId: `epo_${ulid()}`,
    ...given,
  };
  await insertRow(env.DB, clusters, row).run();
  return id;
}

/** A tenant and a project, and the path of the project. */
export async function givenProject(tenant: string, project: string): Promise<string> {
  await api("PUT", `/tenants/${tenant}`, { body: {} });
  await api("PUT", `/tenants/${tenant}/projects/${project}`, { body: {} });
  return `/tenants/${tenant}/projects/${project}`;
}

/** A spec of one image. */
export const imageSpec = (image: string, more: Record<string, unknown> = {}) => ({
  specVersion: 1,
  source: { image: { image, ...more } },
});
