import type { ApiClient } from "../../test/lib/api.ts";

export const PROJECT = "/api/v1/tenants/bench/projects/shop";

/** A tenant, a project, and an environment, placed on a cluster where one is named. */
export async function makeProject(api: ApiClient, cluster?: string): Promise<void> {
  await api.put("/api/v1/tenants/bench", {});
  await api.put(PROJECT, {});
  const placement = cluster === undefined ? {} : { placement: { cluster } };
  await api.put(`${PROJECT}/environments/staging`, placement);
}

/** Body of a PUT of an app of one image: another content for each version. */
export const appBody = (version: string | number): string =>
  JSON.stringify({
    labels: { tier: "front" },
    spec: {
      specVersion: 1,
      source: {
        image: {
          image: `registry.example.com/shop/web:${version}`,
          env: { LOG_LEVEL: "info" },
          ports: [{ name: "http", port: 8080 }],
        },
      },
    },
  });
