/** The chart as helm renders it, for the tests of this folder. */

import { parseAllDocuments } from "yaml";
import { CHART, NAMESPACE } from "../../services/agent-chart.ts";
import { ensureBinaries } from "../binary.ts";
import { attempt, type Finished } from "../run.ts";

export const TOKEN = "jtk_01HZZZZZZZZZZZZZZZZZZZZZZZ.abcdefghijklmnopqrstuvwxyz";

/** The least that the chart takes. */
export const GOOD = {
  manager: { url: "https://manager.example.com" },
  joinToken: TOKEN,
  image: { repository: "registry.example.com/kubenova/agent" },
};

export type Values = Record<string, unknown>;

export interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

export interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  rules?: Rule[];
  spec?: unknown;
}

/** Runs helm on the chart, with the values on its standard input. */
export async function helm(args: string[], values: Values): Promise<Finished> {
  const { helm } = await ensureBinaries();
  return attempt(helm, [...args, "-f", "-"], { input: JSON.stringify(values) });
}

export const template = (values: Values, ...more: string[]): Promise<Finished> =>
  helm(["template", "kubenova-agent", CHART, "-n", NAMESPACE, "--kube-version", "1.30.0", ...more], values);

/** What `helm install` would send. Rejects with helm's words where it refuses. */
export async function rendered(values: Values): Promise<{ text: string; manifests: Manifest[] }> {
  const { code, stdout, stderr } = await template(values);
  if (code !== 0) throw new Error(stderr);
  const documents = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest | null);
  return { text: stdout, manifests: documents.filter((manifest) => manifest !== null) };
}

/** The one manifest of a kind. */
export function only(manifests: Manifest[], kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} of ${kind}`);
  return found[0];
}

export const rulesOf = (manifests: Manifest[], kind: string): Rule[] =>
  manifests.filter((manifest) => manifest.kind === kind).flatMap((manifest) => manifest.rules ?? []);
