import {
  groupKind,
  type KubeObject,
  type LiveObject,
  type ManagedFieldsEntry,
  refString,
} from "../kube/index.ts";
import { ownEntry } from "./fields.ts";
import type { Located } from "./implied.ts";
import { GRAPH_ANNOTATION } from "./marks.ts";
import { at, text } from "./model.ts";

/** Fields that are left to others (`applyPolicy.ignoreFields`): never sent, so never ours, so never drift. */
export type FieldPath = readonly string[];

/** RFC 6901. */
export const pathOf = (pointer: string): FieldPath =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

/** What makes an object this one; without it nothing can be applied, or not safely. */
const NEEDED: readonly FieldPath[] = [
  ["apiVersion"],
  ["kind"],
  ["metadata", "name"],
  ["metadata", "namespace"],
  ["metadata", "labels", "app.kubernetes.io/managed-by"],
  ["metadata", "annotations", GRAPH_ANNOTATION],
];

export function ignoreProblem(pointer: string): string | undefined {
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer))
    return `'${pointer}' is no JSON pointer, such as /spec/replicas`;
  const path = pathOf(pointer);
  if (path.some((step) => step === "")) return `'${pointer}' has an empty step`;
  const isNeeded = NEEDED.some((one) => path.every((step, index) => one[index] === step));
  const isMark = path[0] === "metadata" && path[1] === "annotations" && path[2]?.startsWith("kubenova.io/");
  return isNeeded || isMark ? `'${pointer}' cannot be ignored: the object is known by it` : undefined;
}

/** The object without these fields; containers that this empties go too. Items of lists go by index. Pure. */
export function withoutFields(object: KubeObject, paths: readonly FieldPath[]): KubeObject {
  return paths.reduce<KubeObject>(
    (from, path) => (without(from, path) as KubeObject | undefined) ?? from,
    object,
  );
}

function without(value: unknown, [step, ...rest]: FieldPath): unknown {
  if (step === undefined || typeof value !== "object" || value === null) return value;
  if (at(value, step) === undefined) return value;
  if (Array.isArray(value)) {
    const inner = rest.length > 0 ? without(value[Number(step)], rest) : undefined;
    return inner === undefined
      ? value.filter((_, index) => index !== Number(step))
      : value.with(Number(step), inner);
  }
  const { [step]: held, ...others } = value as Record<string, unknown>;
  const inner = rest.length > 0 ? without(held, rest) : undefined;
  if (inner !== undefined) return { ...others, [step]: inner };
  return Object.keys(others).length > 0 ? others : undefined;
}

/**
 * The patch that lets go of fields that an earlier apply of ours wrote. An apply that merely leaves them out would take
 * them away, and replicas would fall to one. Undefined where none of them is ours.
 */
export function releasePatch(live: LiveObject, paths: readonly FieldPath[]): object[] | undefined {
  const entry = ownEntry(live);
  const { managedFields = [], resourceVersion } = live.metadata;
  if (!entry?.fieldsV1) return undefined;
  let fields: unknown = entry.fieldsV1;
  for (const path of paths) fields = withoutOwned(fields, live, path);
  if (fields === entry.fieldsV1) return undefined;
  const index = managedFields.indexOf(entry);
  const changed: ManagedFieldsEntry = { ...entry, fieldsV1: (fields ?? {}) as Record<string, unknown> };
  return [
    { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
    { op: "replace", path: `/metadata/managedFields/${index}`, value: changed },
  ];
}

/** `value` is the live value that the field set speaks of: items of lists are owned by key, and named by index. */
function withoutOwned(fields: unknown, value: unknown, [step, ...rest]: FieldPath): unknown {
  if (step === undefined || typeof fields !== "object" || fields === null) return fields;
  const key = Array.isArray(value) ? itemKey(fields, value[Number(step)]) : `f:${step}`;
  if (key === undefined || !(key in fields)) return fields;
  const { [key]: held, ...others } = fields as Record<string, unknown>;
  if (rest.length === 0) return Object.keys(others).length > 0 ? others : undefined;
  const inner = withoutOwned(held, at(value, step), rest);
  if (inner === held) return fields;
  return inner === undefined ? others : { ...others, [key]: inner };
}

function itemKey(fields: object, item: unknown): string | undefined {
  return Object.keys(fields).find((key) => {
    if (!key.startsWith("k:")) return false;
    const pairs = Object.entries(JSON.parse(key.slice(2)) as Record<string, unknown>);
    return pairs.every(([name, value]) => at(item, name) === value);
  });
}

export const REPLICAS: FieldPath = ["spec", "replicas"];

/** Keys of what autoscalers among the nodes scale: its replicas are theirs. */
export function scaledKeys(nodes: readonly Located[]): ReadonlySet<string> {
  const keys = nodes.flatMap(({ ref, object }) => {
    if (groupKind(ref) !== "HorizontalPodAutoscaler.autoscaling") return [];
    const key = scaleTarget(object);
    return key ? [key] : [];
  });
  return new Set(keys);
}

/** Key of the object that an autoscaler scales. */
export function scaleTarget(autoscaler: KubeObject): string | undefined {
  const target = at(autoscaler, "spec", "scaleTargetRef");
  const [apiVersion, kind, name] = ["apiVersion", "kind", "name"].map((field) => text(at(target, field)));
  const { namespace } = autoscaler.metadata;
  if (!apiVersion || !kind || !name) return undefined;
  return refString({ apiVersion, kind, name, ...(namespace ? { namespace } : {}) });
}
