/** The objects of the agent's chart, for tests that install a part of them. */

import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../agent/kube/index.ts";
import { clientPrograms } from "../cluster/existing.ts";
import { run } from "../cluster/run.ts";
import { CHART, NAMESPACE, RELEASE, withValues } from "./agent-chart.ts";

const VALUES = {
  manager: { url: "https://manager.test" },
  joinToken: `jtk_${"0".repeat(26)}.${"s".repeat(32)}`,
  image: { repository: "agent" },
  crds: { install: false },
};

/** Without definitions and hooks; `values` over those that an installation must have. */
export async function renderedChart(values: object = {}): Promise<KubeObject[]> {
  const { helm } = await clientPrograms();
  const text = await withValues({ ...VALUES, ...values }, (file) =>
    run(helm, ["template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", file]),
  );
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null && !object.metadata.annotations?.["helm.sh/hook"]) as KubeObject[];
}
