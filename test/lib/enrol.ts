import type { ApiClient } from "./api.ts";
import { until } from "./until.ts";

export type Mode = "manage" | "read-only";

/** Registers a cluster with the manager. @returns the token that lets an agent join it */
export async function registerCluster(api: ApiClient, name: string, mode: Mode = "manage"): Promise<string> {
  const { body } = await api.post<{ joinToken: { token: string } }>("/api/v1/clusters", { name, mode });
  return body.joinToken.token;
}

/** `connected`, or what else the manager says of a cluster. */
export const clusterStatus = async (api: ApiClient, name: string): Promise<string> =>
  (await api.get<{ status: string }>(`/api/v1/clusters/${name}`)).body.status;

/** Waits until the manager says that the cluster's agent is connected. */
export const untilConnected = async (api: ApiClient, name: string, deadlineMs = 60_000): Promise<void> => {
  const isConnected = async () => (await clusterStatus(api, name)) === "connected";
  await until(`the agent of ${name} is connected`, isConnected, { deadlineMs, everyMs: 250 });
};
