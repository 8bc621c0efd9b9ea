import { createHash } from "node:crypto";
import { canonicalJson } from "../../../domain/canonical/index.ts";
import { APPLIER_SERVICE_ACCOUNT, LABEL } from "../../../domain/names/labels.ts";
import type { NovaAppSpec } from "../../../protocol/resources/app.ts";
import type { GraphNode, ResourceGraphSpec } from "../../../protocol/resources/graph.ts";
import { renderImage } from "./image.ts";
import { nodeId } from "./names.ts";

/**
 * What a NovaApp is to become, applied as the applier of its own namespace (decisions.md 1). Pure.
 * @param marks further labels of all that is made of it
 */
export function renderApp(
  namespace: string,
  spec: NovaAppSpec,
  marks: Readonly<Record<string, string>> = {},
): ResourceGraphSpec {
  const labels = appLabels(spec, marks);
  return {
    applyAs: { kind: "ServiceAccount", namespace, name: APPLIER_SERVICE_ACCOUNT },
    metadata: { name: spec.app, version: String(spec.revisionNumber) },
    labels,
    nodes: nodesOf(namespace, spec, labels),
  };
}

/** The labels of all that is made of an app. */
export const appLabels = (
  { tenant, project, environment, app }: NovaAppSpec,
  marks: Readonly<Record<string, string>>,
): Record<string, string> => ({
  ...marks,
  [LABEL.tenant]: tenant,
  [LABEL.project]: project,
  [LABEL.environment]: environment,
  [LABEL.app]: app,
});

function nodesOf(
  namespace: string,
  { app, source }: NovaAppSpec,
  labels: Record<string, string>,
): GraphNode[] {
  if (source.image) {
    const filesHash = createHash("sha256")
      .update(canonicalJson(source.image.files ?? []))
      .digest("hex")
      .slice(0, 16);
    return renderImage({ app, namespace, source: source.image, filesHash, labels });
  }
  if (!source.raw) throw new TypeError("renderApp takes what needs no module: image or raw");
  return source.raw.manifests.map((manifest) => {
    // A namespace that it names is left as it is: the API server says what the applier may do there, and that is nothing.
    const object = {
      ...manifest,
      metadata: { ...manifest.metadata, namespace: manifest.metadata.namespace ?? namespace },
    };
    return { id: nodeId(object, namespace), object };
  });
}
