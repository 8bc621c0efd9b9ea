import { sameJson } from "../../domain/canonical/same.ts";
import type { JsonSchema } from "./json-schema.ts";

/** Landed data schemas by `type@version`: what consumers and the archive hold. */
export type Landed = Record<string, JsonSchema>;

export const landedKey = (type: string, version: number): string => `${type}@${version}`;

/**
 * Why a current set of schemas cannot take the place of the landed one: empty where it can. Within a version a schema
 * may gain optional fields and nothing else: stored events must still be valid, and consumers still be right.
 */
export function breakingChanges(landed: Landed, current: Landed): string[] {
  const types = new Set(Object.keys(current).map(typeOf));
  const removed = [...new Set(Object.keys(landed).map(typeOf))].filter((type) => !types.has(type));
  const changed = Object.entries(current).flatMap(([key, schema]) => {
    const before = landed[key];
    return before ? compare(before, schema, key) : olderThanLanded(key, landed);
  });
  return [...removed.map((type) => `${type}: landed events are never removed`), ...changed];
}

const typeOf = (key: string): string => key.slice(0, key.lastIndexOf("@"));
const versionOf = (key: string): number => Number(key.slice(key.lastIndexOf("@") + 1));

function olderThanLanded(key: string, landed: Landed): string[] {
  const newer = Object.keys(landed).filter(
    (each) => typeOf(each) === typeOf(key) && versionOf(each) > versionOf(key),
  );
  return newer.length > 0 ? [`${key}: versions only grow, and ${newer.at(-1)} has landed`] : [];
}

/** Keywords that are looked into; all others must stay as they are. */
const STRUCTURE = new Set(["properties", "required", "items", "anyOf", "oneOf", "allOf", "description"]);

function compare(before: unknown, after: unknown, path: string): string[] {
  if (!isSchema(before) || !isSchema(after)) return equal(before, after) ? [] : [`${path}: changed`];
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...keywords].filter(
    (keyword) => !STRUCTURE.has(keyword) && !equal(before[keyword], after[keyword]),
  );
  return [
    ...changed.map((keyword) => `${path}: '${keyword}' changed`),
    ...compareProperties(before, after, path),
    ...compareParts(before, after, path),
  ];
}

function compareProperties(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const [had, has] = [propertiesOf(before), propertiesOf(after)];
  const [needed, needs] = [requiredOf(before), requiredOf(after)];
  return [
    ...Object.keys(had).flatMap((name) =>
      name in has
        ? compare(had[name], has[name], `${path}.${name}`)
        : [`${path}.${name}: removed or renamed`],
    ),
    ...[...needs].filter((name) => !needed.has(name)).map((name) => `${path}.${name}: newly required`),
    ...[...needed]
      .filter((name) => name in has && !needs.has(name))
      .map((name) => `${path}.${name}: no longer always there`),
  ];
}

function compareParts(before: JsonSchema, after: JsonSchema, path: string): string[] {
  return ["items", "anyOf", "oneOf", "allOf"].flatMap((keyword) => {
    const [had, has] = [before[keyword], after[keyword]];
    if (!Array.isArray(had) || !Array.isArray(has)) {
      return had === undefined && has === undefined ? [] : compare(had, has, `${path}.${keyword}`);
    }
    if (had.length !== has.length) return [`${path}: '${keyword}' changed`];
    return had.flatMap((part, index) => compare(part, has[index], `${path}.${keyword}[${index}]`));
  });
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const propertiesOf = (schema: JsonSchema): JsonSchema => (schema.properties ?? {}) as JsonSchema;
const requiredOf = (schema: JsonSchema): Set<string> => new Set((schema.required ?? []) as string[]);
const equal = (a: unknown, b: unknown): boolean => sameJson(a ?? null, b ?? null);
