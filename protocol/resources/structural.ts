import { z } from "zod";

type Schema = Record<string, unknown>;

/** JSON Schema words that a structural schema may carry; everything else is dropped. */
const KEPT = [
  "type",
  "format",
  "description",
  "enum",
  "required",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "pattern",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
  "x-kubernetes-validations",
];
/** RE2, which the API server matches with, knows no look-around. */
const LOOK_AROUND = /\(\?[=!<]/;

/**
 * A Zod schema as a structural schema of a CustomResourceDefinition: no $ref, no additionalProperties false (pruning
 * does that), no anyOf but int-or-string, integers as int64, open objects marked as such. Rules that OpenAPI cannot
 * say (refinements) are left to whoever parses with Zod.
 *
 * @throws TypeError where a schema has no structural form
 */
export function structuralSchema(schema: z.ZodType): Schema {
  const json = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    unrepresentable: "throw",
    reused: "inline",
  });
  return structural(json as Schema, "spec");
}

function structural(schema: Schema, path: string): Schema {
  if (schema.$ref !== undefined) throw new TypeError(`${path}: a recursive schema has no structural form`);
  const union = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(union)) return unionOf(union as Schema[], path);
  const result: Schema = {};
  for (const word of KEPT) if (schema[word] !== undefined) result[word] = schema[word];
  if (schema.const !== undefined) Object.assign(result, { type: typeof schema.const, enum: [schema.const] });
  if (typeof result.pattern === "string" && (LOOK_AROUND.test(result.pattern) || schema.format))
    delete result.pattern;
  if (result.format !== "date-time") delete result.format;
  if (schema.type === "integer") Object.assign(result, { format: "int64" }, bounds(schema));
  if (schema.type === "object") Object.assign(result, objectWords(schema, path));
  if (schema.type === "array") result.items = structural(schema.items as Schema, `${path}[]`);
  if (result.type === undefined) throw new TypeError(`${path}: a schema without a type`);
  return result;
}

function objectWords(schema: Schema, path: string): Schema {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(
    ([name, property]) => [name, structural(property, `${path}.${name}`)] as const,
  );
  const more = schema.additionalProperties;
  if (properties.length > 0) {
    const open = isOpen(more) ? { "x-kubernetes-preserve-unknown-fields": true } : {};
    return { properties: Object.fromEntries(properties), ...open };
  }
  if (isOpen(more)) return { "x-kubernetes-preserve-unknown-fields": true };
  return more && typeof more === "object"
    ? { additionalProperties: structural(more as Schema, `${path}{}`) }
    : {};
}

/** `z.looseObject` says `additionalProperties: {}`. */
const isOpen = (more: unknown): boolean =>
  more === true || (typeof more === "object" && more !== null && Object.keys(more).length === 0);

function unionOf(members: Schema[], path: string): Schema {
  const types = new Set(members.map((member) => member.type));
  if (types.size === 2 && types.has("integer") && types.has("string"))
    return { "x-kubernetes-int-or-string": true };
  throw new TypeError(`${path}: only a union of integer and string has a structural form`);
}

/** Zod bounds each integer by what a double can hold; those bounds say nothing. */
function bounds(schema: Schema): Schema {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  return {
    ...(minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? { minimum } : {}),
    ...(maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? { maximum } : {}),
  };
}
