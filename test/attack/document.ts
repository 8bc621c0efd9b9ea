import { type Document, type Operation, type Parameter, placesOf } from "./operations.ts";

/** `[operationId, parameter]` → values that exist. */
export type Known = (operationId: string, parameter: string) => string[] | undefined;

/**
 * The document as an attacker knows it who has been here before: each parameter may also be something that exists, so
 * that many requests come further than "there is no such thing". What was allowed before is allowed still.
 */
export function withKnown(document: Document, known: Known, bodies: Record<string, unknown>): Document {
  const copy = structuredClone(document);
  for (const { operation } of placesOf(copy)) {
    tell(operation, known);
    for (const media of Object.values(operation.requestBody?.content ?? {})) {
      media.example = bodies[operation.operationId] ?? unused(media.example);
    }
  }
  const {
    "If-Match": ifMatch,
    "If-None-Match": ifNoneMatch,
    "Idempotency-Key": key,
  } = copy.components.parameters;
  // The examples of all three are of one moment; together, and later, they are refused.
  if (ifMatch) ifMatch.example = "*";
  if (ifNoneMatch) ifNoneMatch.example = '"another"';
  delete key?.example;
  return copy;
}

function tell(operation: Operation, known: Known): void {
  for (const parameter of operation.parameters) {
    if ("$ref" in parameter) continue;
    const values = known(operation.operationId, parameter.name);
    if (values && isOfWhatExists(parameter)) {
      parameter.example = values[0];
      parameter.schema = { anyOf: [{ enum: values }, parameter.schema] };
    } else if (parameter.in === "query" && parameter.name === "cursor") delete parameter.example;
  }
}

/** The names of the document's examples are taken. */
const unused = (example: unknown): unknown => {
  const { name } = (example ?? {}) as { name?: string };
  return name ? { ...(example as object), name: `${name}-new` } : example;
};

/** A list's filters are named as its objects are, and take anything. */
const isOfWhatExists = (parameter: Parameter): boolean =>
  parameter.in === "path" || ["confirm", "namespace", "pod", "entry"].includes(parameter.name);
