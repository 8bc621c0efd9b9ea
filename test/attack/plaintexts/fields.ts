/** Names of fields that hold a secret, wherever they stand in a body. */
const SECRET = /(secret|password|passphrase|credentials?|private_?key|api_?key|token|assertion|verifier)$/i;
/** Those that do where a body begins with them; further in, a key is one of a map. */
const SECRET_AT_FIRST = /^(key|code|otp|user_?code|device_?code)$/i;

/** What of an OpenAPI operation is looked at. */
export interface Described {
  operationId: string;
  requestBody?: { content: Record<string, { schema?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema?: unknown }> }>;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  writeOnly?: boolean;
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** Paths of the fields that an operation takes, or answers where it succeeds, and that hold a secret by their name or format. */
export function secretFields(operation: Described, components: Record<string, unknown>): string[] {
  const succeeded = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
  const contents = [operation.requestBody?.content, ...succeeded.map(([, { content }]) => content)];
  const schemas = contents.flatMap((content) => Object.values(content ?? {}).map(({ schema }) => schema));
  return [...new Set(schemas.flatMap((schema) => walk(schema as Schema, components, "", new Set())))];
}

function walk(
  schema: Schema | boolean | undefined,
  components: Record<string, unknown>,
  path: string,
  seen: ReadonlySet<string>,
): string[] {
  if (!schema || typeof schema !== "object") return [];
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    if (seen.has(name)) return [];
    return walk(components[name] as Schema, components, path, new Set([...seen, name]));
  }
  const inner = (each: Schema | boolean | undefined, at: string) => walk(each, components, at, seen);
  const found = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    ...(isSecret(name, path, field) ? [`${path}${name}`] : []),
    ...inner(field, `${path}${name}.`),
  ]);
  const others = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [
    ...found,
    ...others.flatMap((each) => inner(each, path)),
    ...inner(schema.items, `${path}[].`),
    ...inner(schema.additionalProperties, `${path}*.`),
  ];
}

/** A secret is a text: a count of tokens, or an object that tells of one, is none by itself. */
function isSecret(name: string, path: string, field: Schema): boolean {
  if (field.format === "password" || field.writeOnly) return true;
  const types = [field, ...(field.anyOf ?? []), ...(field.oneOf ?? [])].flatMap(({ type }) => type ?? []);
  const isNamedSo = SECRET.test(name) || (path === "" && SECRET_AT_FIRST.test(name));
  return isNamedSo && field.const === undefined && types.includes("string");
}
