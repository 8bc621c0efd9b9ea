import type { Manifest } from "../../../domain/apps/raw-source.ts";

/** `Kind/name`, with the group and the namespace where they tell two nodes of a graph apart. Stable over revisions. */
export function nodeId(object: Pick<Manifest, "apiVersion" | "kind" | "metadata">, home: string): string {
  const { namespace, name } = object.metadata;
  const group = object.apiVersion.includes("/") ? `.${object.apiVersion.split("/")[0]}` : "";
  const place = namespace && namespace !== home ? `${namespace}/` : "";
  return `${object.kind}${group}/${place}${name}`;
}

/** Selector of an app's pods. It never changes: a Deployment's selector is immutable. */
export const podSelector = (app: string): Record<string, string> => ({ "kubenova.io/app": app });
