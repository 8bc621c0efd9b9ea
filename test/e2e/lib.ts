import type { ApiClient } from "../lib/api.ts";
import { until } from "../lib/until.ts";

export interface Release {
  phase: string;
  message?: string | null;
  revision: { id: string; number: number };
  counts?: { total: number; ready: number; failed: number };
}

const RELEASE_DEADLINE_MS = 120_000;

/** A tenant, a project, and its environment staging on the cluster. */
export async function declareProject(
  api: ApiClient,
  tenant: string,
  project: string,
  cluster: string,
): Promise<void> {
  await api.post("/api/v1/tenants", { name: tenant });
  await api.post(`/api/v1/tenants/${tenant}/projects`, { name: project });
  await api.post(`/api/v1/tenants/${tenant}/projects/${project}/environments`, {
    name: "staging",
    placement: { cluster },
  });
}

export const imageSpec = (image: string): unknown => ({
  specVersion: 1,
  source: {
    image: {
      image,
      replicas: 2,
      ports: [{ name: "http", port: 8080, servicePort: 80 }],
      probes: { readiness: { http: { path: "/healthz", port: "http" }, periodSeconds: 1 } },
    },
  },
});

export const rawSpec = (manifests: unknown[]): unknown => ({
  specVersion: 1,
  source: { raw: { manifests } },
});

export const configMap = (name: string, data: Record<string, string>, namespace?: string): unknown => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(namespace ? { namespace } : {}) },
  data,
});

/** Waits until a release is in a phase (or as a check wants it), and at a revision where one is given. */
export function waitForRelease(
  api: ApiClient,
  app: string,
  environment: string,
  wanted: string | ((release: Release) => boolean),
  revision?: number,
): Promise<Release> {
  let last = "";
  return until(
    `${app} in ${environment} is ${typeof wanted === "string" ? wanted : "as wanted"}`,
    async () => {
      const { body } = await api.get<Release>(`${app}/releases/${environment}`);
      last = JSON.stringify(body);
      const fits = typeof wanted === "string" ? body.phase === wanted : wanted(body);
      if (fits && (revision === undefined || body.revision.number === revision)) return body;
      throw new Error(`it is ${last.slice(0, 1500)}`);
    },
    { deadlineMs: RELEASE_DEADLINE_MS, everyMs: 100 },
  );
}
