/** What of the OpenAPI document an attack walks along. */
export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  example?: unknown;
  schema: Record<string, unknown>;
}

export interface Operation {
  operationId: string;
  security: unknown[];
  parameters: (Parameter | { $ref: string })[];
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: unknown; example?: unknown }>;
    "x-kubenova-max-bytes": number;
  };
  responses: Record<string, { content?: Record<string, { examples?: Record<string, unknown> }> }>;
}

export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { parameters: Record<string, Parameter> };
}

export interface Place {
  id: string;
  /** In upper case. */
  method: string;
  path: string;
  operation: Operation;
}

/** Every operation, in the document's order. */
export const placesOf = ({ paths }: Document): Place[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );

/** Finds the operation that a request belongs to; a name may hold a colon, so that those with a verb come first. */
export function finder(places: readonly Place[]): (method: string, path: string) => Place | undefined {
  const patterns = [...places]
    .sort((a, b) => Number(b.path.includes(":")) - Number(a.path.includes(":")))
    .map((place) => ({ place, pattern: patternOf(place.path) }));
  return (method, path) =>
    patterns.find(({ place, pattern }) => place.method === method && pattern.test(path))?.place;
}

const REST = "/{path}";

function patternOf(template: string): RegExp {
  const takesRest = template.endsWith(REST);
  const fixed = takesRest ? template.slice(0, -REST.length) : template;
  const pattern = fixed
    .split(/\{\w+\}/)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^/:]+(?::[^/:]+)*");
  return new RegExp(`^${pattern}${takesRest ? "(/.*)?" : ""}$`);
}

/** Fills a template in. @throws where a parameter has no value */
export const fillPath = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${template} needs a value of ${name}`);
    return value;
  });

/** Codes that an operation may answer with, by status. */
export const codesOf = ({ responses }: Operation): Map<number, string[]> =>
  new Map(
    Object.entries(responses).map(([status, { content }]) => [
      Number(status),
      Object.keys(content?.["application/json"]?.examples ?? {}),
    ]),
  );
