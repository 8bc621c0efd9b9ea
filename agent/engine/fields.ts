import { MANAGER } from "../../domain/names/labels.ts";
import type { KubeObject, LiveObject } from "../kube/index.ts";
import { GRAPH_ANNOTATION } from "./marks.ts";
import { at, hashOf } from "./model.ts";

type FieldSet = Record<string, unknown>;

/**
 * The part of a live object that our field manager owns, in the shape in which it was applied: read from
 * managedFields, so that a field which another manager took away is missing here.
 */
export function ownFields(live: LiveObject): unknown {
  const entry = ownEntry(live);
  return entry?.fieldsV1 ? project(live, entry.fieldsV1) : undefined;
}

/** Of our applies. */
export const ownEntry = (live: LiveObject) =>
  live.metadata.managedFields?.find(
    (one) => one.manager === MANAGER && one.operation === "Apply" && !one.subresource,
  );

/** The longest that the API server may take from noting an apply to stamping the object that it makes: its own limit. */
const REQUEST_LIMIT_MS = 60_000;

/**
 * Whether the mark on this object was written by an apply of ours. What `kubectl get -o yaml | kubectl apply` copies has
 * no such record; a copy that brings the record along (the API server takes one with a create) has one from before the
 * object existed.
 */
export function isMadeByUs(live: LiveObject): boolean {
  const entry = ownEntry(live);
  if (!at(entry?.fieldsV1, "f:metadata", "f:annotations", `f:${GRAPH_ANNOTATION}`)) return false;
  const created = Date.parse(live.metadata.creationTimestamp ?? "");
  const written = Date.parse(entry?.time ?? "");
  // Without times there is nothing that speaks against it.
  return !(written < created - REQUEST_LIMIT_MS);
}

/**
 * Whether an autoscaler has set the replicas: of all that the controller manager does, only that writes them through
 * the scale subresource.
 */
export const isScaled = (live: LiveObject): boolean =>
  live.metadata.managedFields?.some(
    ({ manager, subresource, fieldsV1 }) =>
      manager === "kube-controller-manager" &&
      subresource === "scale" &&
      at(fieldsV1, "f:spec", "f:replicas") !== undefined,
  ) === true;

/** Hash of what `ownFields` answers; equal to `desiredHash` right after an apply that the server took as it was. */
export const liveHash = (live: LiveObject): string => hashOf(ownFields(live) ?? null);

/** Hash of an object as it is sent. Type, name and namespace are its identity, not its fields. */
export function desiredHash(object: KubeObject): string {
  const { apiVersion: _a, kind: _k, metadata, ...rest } = object;
  const { name: _n, namespace: _s, ...meta } = metadata;
  return hashOf({ ...rest, metadata: meta });
}

function project(value: unknown, fields: FieldSet): unknown {
  const keys = Object.keys(fields).filter((key) => key !== ".");
  if (keys.length === 0) return "." in fields ? emptyLike(value) : value;
  if (Array.isArray(value)) return projectList(value, fields, keys);
  const result: Record<string, unknown> = {};
  for (const key of keys) {
    if (!key.startsWith("f:")) continue;
    const name = key.slice(2);
    const inner = at(value, name);
    if (inner !== undefined) result[name] = project(inner, fields[key] as FieldSet);
  }
  return result;
}

/** `.` alone: the container is ours, nothing in it is. */
const emptyLike = (value: unknown): unknown =>
  Array.isArray(value) ? [] : typeof value === "object" && value !== null ? {} : value;

/** Items in the live order: `k:{…}` by key fields, `v:…` by value, `i:n` by index. */
function projectList(items: unknown[], fields: FieldSet, keys: string[]): unknown[] {
  const matchers = keys.map((key) => ({ fields: fields[key] as FieldSet, test: matcher(key) }));
  return items.flatMap((item, index) => {
    const match = matchers.find(({ test }) => test(item, index));
    return match ? [project(item, match.fields)] : [];
  });
}

function matcher(key: string): (item: unknown, index: number) => boolean {
  const rest = key.slice(2);
  if (key.startsWith("i:")) return (_, index) => index === Number(rest);
  const wanted: unknown = JSON.parse(rest);
  if (key.startsWith("v:")) return (item) => item === wanted;
  const pairs = Object.entries(wanted as Record<string, unknown>);
  return (item) => pairs.every(([name, value]) => at(item, name) === value);
}
