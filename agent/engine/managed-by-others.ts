import type { LiveObject } from "../kube/index.ts";

/**
 * Which inventory of another tool an object belongs to, by the mark that this tool puts on what it makes; as `adopt.owners`
 * names it. Undefined: none that we know. Pure.
 */
export function otherOwnerOf({ metadata }: Pick<LiveObject, "metadata">): string | undefined {
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const controller = ownerReferences.find((one) => one.controller === true);
  if (controller) return `${controller.kind.toLowerCase()}:${controller.name}`;
  for (const { tool, from, name, namespace } of MARKS) {
    const marks = from === "label" ? labels : annotations;
    const value = marks[name];
    if (!value) continue;
    const scope = namespace ? marks[namespace] : undefined;
    return `${tool}:${scope ? `${scope}/` : ""}${tool === "argocd" ? value.split(":")[0] : value}`;
  }
  return undefined;
}

interface Mark {
  tool: string;
  from: "label" | "annotation";
  name: string;
  /** The key whose value qualifies it. */
  namespace?: string;
}

/** A GitOps tool's mark goes before the mark of the Helm release that it installed. */
const MARKS: readonly Mark[] = [
  // `<app>:<group>/<kind>:<namespace>/<name>`, or the app alone as a label.
  { tool: "argocd", from: "annotation", name: "argocd.argoproj.io/tracking-id" },
  { tool: "argocd", from: "label", name: "argocd.argoproj.io/instance" },
  {
    ...{ tool: "flux-kustomization", from: "label" },
    ...{ name: "kustomize.toolkit.fluxcd.io/name", namespace: "kustomize.toolkit.fluxcd.io/namespace" },
  },
  {
    ...{ tool: "flux-helmrelease", from: "label" },
    ...{ name: "helm.toolkit.fluxcd.io/name", namespace: "helm.toolkit.fluxcd.io/namespace" },
  },
  {
    ...{ tool: "helm", from: "annotation" },
    ...{ name: "meta.helm.sh/release-name", namespace: "meta.helm.sh/release-namespace" },
  },
  { tool: "kapp", from: "label", name: "kapp.k14s.io/app" },
  { tool: "cli-utils", from: "annotation", name: "config.k8s.io/owning-inventory" },
  { tool: "applyset", from: "label", name: "applyset.kubernetes.io/part-of" },
];
