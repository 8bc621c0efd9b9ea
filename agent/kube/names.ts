import type { GroupVersionKind, KubeObject, ObjectRef, TypeRef } from "./objects.ts";

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_SUBDOMAIN_MAX = 253;

/** `apps/v1` + `Deployment` → `{group: "apps", version: "v1", kind: "Deployment"}`. */
export function parseType(type: TypeRef): GroupVersionKind {
  const slash = type.apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: type.apiVersion, kind: type.kind };
  return {
    group: type.apiVersion.slice(0, slash),
    version: type.apiVersion.slice(slash + 1),
    kind: type.kind,
  };
}

/** `Deployment.apps` (`ConfigMap` in the core group): the kind without its version. */
export function groupKind(type: TypeRef): string {
  const { group, kind } = parseType(type);
  return group ? `${kind}.${group}` : kind;
}

/** `namespace/name`, or `name`: the key of a reflector's store. */
export function objectKey(object: { metadata: { namespace?: string; name?: string } }): string {
  const { namespace, name = "" } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

export function refOf(object: KubeObject): ObjectRef {
  const { namespace, name = "" } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, ...(namespace ? { namespace } : {}), name };
}

/**
 * `Deployment.apps/shop/web`, `Namespace/shop`: a reference for people and for maps. Versions of one API serve the
 * same object, so the version is left out.
 */
export function refString(ref: ObjectRef): string {
  return `${groupKind(ref)}/${ref.namespace ? `${ref.namespace}/` : ""}${ref.name}`;
}

/** RFC 1123 label, at most 63 characters: names of namespaces and services. */
export function isDnsLabel(name: string): boolean {
  return DNS_LABEL.test(name);
}

/** RFC 1123 subdomain, at most 253 characters: names of most objects. */
export function isDnsSubdomain(name: string): boolean {
  return name.length <= DNS_SUBDOMAIN_MAX && DNS_SUBDOMAIN.test(name);
}

/** What may stand as one segment of a URL path, by the API server's own rule. */
export function isPathSegment(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/%]/.test(name);
}
