import { API_VERSION } from "../../domain/desired/index.ts";
import { ANNOTATION, LABEL, MANAGER } from "../../domain/names/labels.ts";
import { FINALIZER, GROUP } from "../../protocol/resources/common.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { KubeObject } from "../kube/index.ts";
import type { ActiveSpan } from "../tracing/tracer.ts";
import type { Kind } from "./kind.ts";
import type { Resource } from "./resources.ts";

/** Namespace and name of the graph that a resource becomes. */
export const keyOf = (kind: Kind, resource: Resource): string => {
  const { namespace, name } = kind.graphOf(resource);
  return `${namespace}/${name}`;
};

export type Graph = KubeObject & { spec: ResourceGraphSpec };

/** @param span of the change that it is rendered for, where that is traced */
export function graphOf(
  kind: Kind,
  resource: Resource,
  spec: ResourceGraphSpec,
  span: ActiveSpan | undefined,
): Graph {
  const { uid, name } = resource.metadata;
  const correlation = resource.metadata.annotations?.[ANNOTATION.correlation];
  const reconcileAt = resource.metadata.annotations?.[ANNOTATION.reconcileAt];
  const lineage = lineageOf(resource);
  const annotations = {
    ...(correlation ? { [ANNOTATION.correlation]: correlation } : {}),
    ...(span ? { [ANNOTATION.traceparent]: span.traceparent } : {}),
    ...(lineage ? { [ANNOTATION.lineage]: lineage } : {}),
    ...(reconcileAt ? { [ANNOTATION.reconcileAt]: reconcileAt } : {}),
  };
  return {
    apiVersion: API_VERSION,
    kind: "ResourceGraph",
    metadata: {
      ...kind.graphOf(resource),
      labels: { ...spec.labels, [LABEL.managedBy]: MANAGER },
      annotations,
      finalizers: [FINALIZER],
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: resource.kind,
          name,
          uid,
          controller: true,
          blockOwnerDeletion: false,
        },
      ],
    },
    spec,
  };
}

/** What a resource is, whatever its name: the document of a control plane that it was written from. */
function lineageOf({ metadata: { labels, annotations } }: Resource): string | undefined {
  const cluster = labels?.[LABEL.cluster];
  const key = annotations?.[ANNOTATION.key];
  return cluster && key ? `${cluster}/${key}` : undefined;
}

/** It was made for the resource. */
export const isOwnedBy = (graph: KubeObject, { kind, metadata }: Resource): boolean =>
  (graph.metadata.ownerReferences ?? []).some(
    (owner) =>
      owner.apiVersion.startsWith(`${GROUP}/`) && owner.kind === kind && owner.name === metadata.name,
  );
