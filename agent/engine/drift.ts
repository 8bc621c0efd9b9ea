import { MANAGER } from "../../domain/names/labels.ts";
import { type Drift, MAX_DRIFT_FIELDS, MAX_DRIFTS } from "../../protocol/resources/graph.ts";
import type { KubeObject, LiveObject, ManagedFieldsEntry } from "../kube/index.ts";
import { at } from "./model.ts";

export type DriftField = Drift["fields"][number];
type FieldSet = Record<string, unknown>;

/**
 * Fields that we sent and no longer own, each with the manager who holds it now (none: it was removed). The API server's
 * own record says it: who changes a field of ours takes it from us, whatever way he writes. Pure.
 */
export function driftedFields(desired: KubeObject, live: LiveObject): DriftField[] {
  const entries = live.metadata.managedFields ?? [];
  const ours = entries.filter(isOurs);
  const others = entries.filter((entry) => !isOurs(entry)).sort(newestFirst);
  const { apiVersion: _a, kind: _k, metadata, ...rest } = desired;
  const { name: _n, namespace: _s, ...meta } = metadata;
  const found: DriftField[] = [];
  const visit: Visit = (field, sets) => {
    if (found.length >= MAX_DRIFT_FIELDS || sets[0] !== undefined) return;
    const holder = others.find((_, n) => sets[n + 1] !== undefined);
    found.push({ field: field.slice(0, 512), ...(holder?.manager ? { manager: holder.manager } : {}) });
  };
  const own = ours[0]?.fieldsV1;
  walk({ ...rest, metadata: meta }, "", [own, ...others.map(({ fieldsV1 }) => fieldsV1)], visit);
  return found;
}

const isOurs = ({ manager, operation, subresource }: ManagedFieldsEntry): boolean =>
  manager === MANAGER && operation === "Apply" && !subresource;

const newestFirst = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): number =>
  (b.time ?? "").localeCompare(a.time ?? "");

/** Told of each leaf, with what each manager's set has there: undefined where it has nothing. */
type Visit = (field: string, sets: readonly (FieldSet | undefined)[]) => void;

function walk(value: unknown, field: string, sets: readonly (FieldSet | undefined)[], visit: Visit) {
  // A set that ends above owns all that is below.
  if (value === null || isLeaf(value) || (sets[0] && isEnd(sets[0]))) return visit(field, sets);
  const items = Array.isArray(value) ? value.map((item) => itemOf(item, sets)) : fieldsOf(value as object);
  if (items.some((item) => item === undefined)) return visit(field, sets);
  for (const item of items) {
    if (!item) continue;
    const inner = sets.map((set) => {
      if (set === undefined || isEnd(set)) return set;
      const key = Object.keys(set).find((name) => item.matches(name));
      return key === undefined ? undefined : (set[key] as FieldSet);
    });
    walk(item.value, `${field}${item.step}`, inner, visit);
  }
}

interface Item {
  step: string;
  value: unknown;
  matches: (key: string) => boolean;
}

const fieldsOf = (object: object): Item[] =>
  Object.entries(object).map(([name, value]) => ({
    step: `.${name}`,
    value,
    matches: (key) => key === `f:${name}`,
  }));

/** An item of a list whose items are told apart, as some manager's set shows; undefined where it is one value. */
function itemOf(item: unknown, sets: readonly (FieldSet | undefined)[]): Item | undefined {
  const keys = sets.flatMap((set) => Object.keys(set ?? {}));
  const byKey = keys.find((key) => key.startsWith("k:"));
  if (byKey !== undefined) {
    const names = Object.keys(JSON.parse(byKey.slice(2)) as object);
    const shown = names.flatMap((name) =>
      at(item, name) === undefined ? [] : [`${name}=${at(item, name)}`],
    );
    return { step: `[${shown.join(",")}]`, value: item, matches: (key) => isOfKey(key, item) };
  }
  if (!keys.some((key) => key.startsWith("v:"))) return undefined;
  const matches = (key: string) => key.startsWith("v:") && JSON.parse(key.slice(2)) === item;
  return { step: `[${JSON.stringify(item)}]`, value: null, matches };
}

/** What the object leaves to a default (a port's protocol) does not tell it apart. */
function isOfKey(key: string, item: unknown): boolean {
  if (!key.startsWith("k:")) return false;
  const pairs = Object.entries(JSON.parse(key.slice(2)) as Record<string, unknown>);
  return pairs.every(([name, value]) => at(item, name) === undefined || at(item, name) === value);
}

const isEnd = (set: FieldSet): boolean => Object.keys(set).length === 0;

const isLeaf = (value: unknown): boolean =>
  typeof value !== "object" || value === null || Object.keys(value).length === 0;

/** `.spec.replicas (kubectl-scale), .data.a (removed)`. */
export function driftText(fields: readonly DriftField[], max = 5): string {
  const shown = fields.slice(0, max).map(({ field, manager }) => `${field} (${manager ?? "removed"})`);
  const more = fields.length > max ? `, and ${fields.length - max} more` : "";
  return shown.length > 0 ? shown.join(", ") + more : "fields that nobody's record names";
}

/** The newest first; what was only reported and goes on is not said twice. */
export function remember(drifts: readonly Drift[], drift: Drift): Drift[] {
  const isSame = (one: Drift) =>
    !one.corrected &&
    !drift.corrected &&
    one.kind === drift.kind &&
    one.name === drift.name &&
    one.namespace === drift.namespace;
  return [drift, ...drifts.filter((one) => !isSame(one))].slice(0, MAX_DRIFTS);
}
