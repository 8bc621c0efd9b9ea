/** The agent in a cluster, by its chart and a real helm. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SYSTEM_NAMESPACE } from "../../domain/names/labels.ts";
import type { Cluster } from "../cluster/index.ts";
import { run } from "../cluster/run.ts";
import type { Mode } from "../lib/enrol.ts";
import { ROOT } from "../manager/bundle.ts";
import { buildAgentImage } from "./image.ts";

export const CHART = join(ROOT, "agent/chart");
export const NAMESPACE = SYSTEM_NAMESPACE;
export const RELEASE = "kubenova-agent";

/** Values of the chart, as values.schema.json has them. */
export type ChartValues = Record<string, unknown>;

export interface InstalledAgent {
  /** `helm upgrade` with these values over those of the installation. */
  upgrade(values: ChartValues): Promise<void>;
  /** `helm test`: its output; rejects where the test fails. */
  test(): Promise<string>;
  /** Ends the agent alone: custom resources and workloads stay. */
  uninstall(): Promise<void>;
}

export interface InstallOptions {
  cluster: Pick<Cluster, "helm" | "kubeconfig" | "server">;
  manager: { url: string; caFile?: string };
  joinToken: string;
  mode: Mode;
  values?: ChartValues;
}

/**
 * Installs the chart with the image of buildAgentImage, which must be on the node, and waits until its pods are ready.
 * Rejects with helm's words where they are not within two minutes.
 */
export async function installAgent(options: InstallOptions): Promise<InstalledAgent> {
  const { cluster } = options;
  const { name } = await buildAgentImage();
  const values = { ...baseValues(options, name), ...options.values };
  const helm = (...args: string[]): Promise<string> =>
    run(cluster.helm, [...args, "--namespace", NAMESPACE, "--kubeconfig", cluster.kubeconfig]);
  const wait = ["--wait", "--timeout", "120s"];
  await withValues(values, (file) =>
    helm("install", RELEASE, CHART, "--create-namespace", "--values", file, ...wait),
  );
  return {
    upgrade: async (changed) => {
      await withValues({ ...values, ...changed }, (file) =>
        helm("upgrade", RELEASE, CHART, "--values", file, ...wait),
      );
    },
    test: () => helm("test", RELEASE, "--logs", "--timeout", "120s"),
    uninstall: async () => {
      await helm("uninstall", RELEASE, ...wait);
    },
  };
}

/** @param image name with its tag */
export function baseValues(
  { cluster, manager, joinToken, mode }: Omit<InstallOptions, "values">,
  image: string,
): ChartValues {
  const colon = image.lastIndexOf(":");
  const port = Number(new URL(cluster.server).port || 443);
  return {
    manager: {
      url: manager.url,
      ...(manager.caFile ? { caBundle: readFileSync(manager.caFile, "utf8") } : {}),
      ...(manager.url.startsWith("http:") ? { allowInsecure: true } : {}),
    },
    mode,
    joinToken,
    image: { repository: image.slice(0, colon), tag: image.slice(colon + 1), pullPolicy: "Never" },
    networkPolicy: { apiServerPorts: [...new Set([443, port])] },
  };
}

/** Values hold the join token, so they go by a file that only this user reads, and not on a command line. */
export async function withValues<T>(values: ChartValues, work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "kubenova-values-"));
  try {
    const file = join(folder, "values.json");
    writeFileSync(file, JSON.stringify(values), { mode: 0o600 });
    return await work(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
