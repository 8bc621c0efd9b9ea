import type { Cluster } from "../../test/cluster/index.ts";
import { type Platform, publishWebApp } from "../../test/lib/platform.ts";
import { detail } from "./screen.ts";

export const PROJECT = "/api/v1/tenants/acme/projects/shop";
export const APP = `${PROJECT}/apps/web`;

export async function publishVersions(cluster: Cluster, scratch: string): Promise<[string, string]> {
  const first = await publishWebApp(cluster, "1", scratch);
  const second = await publishWebApp(cluster, "2", scratch);
  detail(`${first} and ${second}`);
  return [first, second];
}

/** The app as a team would describe it. */
export const webSpec = (image: string): Record<string, unknown> => ({
  specVersion: 1,
  source: {
    image: {
      image,
      replicas: 2,
      ports: [{ name: "http", port: 8080, servicePort: 80 }],
      env: { GREETING: "hello from the edge" },
      resources: { requests: { cpu: "20m", memory: "16Mi" }, limits: { memory: "64Mi" } },
      probes: { readiness: { http: { path: "/healthz", port: "http" }, periodSeconds: 1 } },
    },
  },
  overrides: { production: { image: { replicas: 3 } } },
});

export async function declareApp({ api, clusterName }: Platform, image: string): Promise<void> {
  await api.post("/api/v1/tenants", { name: "acme" });
  await api.post("/api/v1/tenants/acme/projects", { name: "shop" });
  for (const [position, name] of ["staging", "production"].entries()) {
    await api.post(`${PROJECT}/environments`, {
      name,
      position,
      placement: { cluster: clusterName },
    });
  }
  detail("POST tenants/acme, projects/shop, environments/staging and /production");
  const answer = await api.put(APP, { spec: webSpec(image) });
  detail(`PUT ${APP}  →  ${answer.status}: revision 1 goes to staging`);
}
