import { ERRORS } from "../../domain/errors/index.ts";
import { errorsOf } from "./common-errors.ts";
import type { AnswerDoc, Route } from "./define.ts";
import { type Components, type JsonSchema, toJsonSchema } from "./json-schema.ts";

/** What a route answers when it works, by HTTP status. */
export function answers(route: Route, components: Components): Record<string, JsonSchema> {
  const documented = Object.entries(route.answers as Record<string, AnswerDoc>).map(([status, answer]) => [
    status,
    {
      description: answer.description,
      ...(answer.headers ? { headers: headerRefs(answer.headers) } : {}),
      ...(answer.schema
        ? {
            content: {
              [answer.mediaType ?? "application/json"]: {
                schema: toJsonSchema(answer.schema, "output", components),
                example: answer.example,
              },
              ...textMedia(answer),
            },
          }
        : {}),
    },
  ]);
  const unchanged = route.method === "get" && route.conditional?.includes("If-None-Match");
  if (unchanged)
    documented.push(["304", { description: "It is as If-None-Match says.", headers: headerRefs(["ETag"]) }]);
  return Object.fromEntries(documented);
}

const textMedia = ({ otherMedia = {} }: AnswerDoc): JsonSchema =>
  Object.fromEntries(
    Object.entries(otherMedia).map(([type, example]) => [type, { schema: { type: "string" }, example }]),
  );

const headerRefs = (names: readonly string[]): Record<string, JsonSchema> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** What it answers when it does not: the codes of each status, and an example each. */
export function errorAnswers(route: Route, schema: JsonSchema): Record<string, JsonSchema> {
  const byStatus = new Map<number, { codes: string[]; examples: Record<string, unknown> }>();
  for (const code of errorsOf(route)) {
    const { status } = ERRORS[code];
    const entry = byStatus.get(status) ?? { codes: [], examples: {} };
    entry.codes.push(`${code} ${ERRORS[code].summary}`);
    entry.examples[code] = { $ref: `#/components/examples/${code}` };
    byStatus.set(status, entry);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, { codes, examples }]) => [
      String(status),
      { description: codes.join("\n\n"), content: { "application/json": { schema, examples } } },
    ]),
  );
}
