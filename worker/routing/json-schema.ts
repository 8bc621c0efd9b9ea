import { z } from "zod";

export type JsonSchema = { [key: string]: unknown };

/** The schemas that a document refers to by name. */
export type Components = Map<string, JsonSchema>;

/** Formats that Zod names by itself and that JSON Schema does not know; their `pattern` says all. */
const OWN_FORMATS = new Set(["starts_with", "ends_with", "includes", "regex"]);

const shownAs = new WeakMap<object, z.ZodType>();

/** Documents a schema as another one: for what a transformation takes, which JSON Schema cannot see. */
export function documentAs<S extends z.ZodType>(schema: S, shown: z.ZodType): S {
  shownAs.set(schema, shown);
  return schema;
}

/**
 * A Zod schema as JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. Schemas with `.meta({ id })` go to
 * `components` and are referred to.
 *
 * @param io `input` for what a caller sends, `output` for what is answered
 */
export function toJsonSchema(schema: z.ZodType, io: "input" | "output", components: Components): JsonSchema {
  const {
    $schema: _,
    $defs,
    ...root
  } = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const shown = shownAs.get(zodSchema);
      if (shown) Object.assign(jsonSchema, toJsonSchema(shown, io, components));
      if (OWN_FORMATS.has(jsonSchema.format ?? "")) delete jsonSchema.format;
      delete jsonSchema.id;
    },
  }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
  for (const [name, definition] of Object.entries($defs ?? {})) {
    if (!components.has(name)) components.set(name, relink(definition) as JsonSchema);
  }
  return relink(root) as JsonSchema;
}

/** `#/$defs/X` → `#/components/schemas/X`, everywhere. */
function relink(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relink);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "$ref" && typeof item === "string"
        ? item.replace("#/$defs/", "#/components/schemas/")
        : relink(item),
    ]),
  );
}
