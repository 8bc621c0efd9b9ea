import type { JsonSchema } from "../../routing/json-schema.ts";
import type { OpenApiDocument } from "../../routing/openapi.ts";
import { block, escapeHtml, json, prose } from "./html.ts";
import { renderSchema, typeOf } from "./render-schema.ts";

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
  example?: unknown;
  schema: JsonSchema;
}
interface Media {
  schema: JsonSchema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  security: unknown[];
  parameters: (Parameter | { $ref: string })[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}

/** One operation, folded: what it is, how to call it, what it takes and answers. */
export function renderOperation(
  document: OpenApiDocument,
  path: string,
  method: string,
  raw: JsonSchema,
): string {
  const operation = raw as unknown as Operation;
  const parameters = operation.parameters.map((parameter) => dereference(document, parameter));
  const body = Object.entries(operation.requestBody?.content ?? {})[0];
  return `<details class="operation" id="${escapeHtml(operation.operationId)}">
    <summary><span class="method ${method}">${method.toUpperCase()}</span>
      <code>${escapeHtml(path)}</code> <span class="summary">${escapeHtml(operation.summary)}</span></summary>
    ${operation.description ? prose(operation.description) : ""}
    ${block(curl(path, method, operation, parameters, body))}
    <h4>Parameters</h4><ul class="fields">${parameters.map((each) => renderParameter(document, each)).join("")}</ul>
    ${body ? `<h4>Body</h4>${renderSchema(document, body[1].schema)}` : ""}
    <h4>Answers</h4>${Object.entries(operation.responses)
      .map(([status, response]) => renderResponse(document, status, response))
      .join("")}
  </details>`;
}

function dereference(document: OpenApiDocument, parameter: Parameter | { $ref: string }): Parameter {
  if (!("$ref" in parameter)) return parameter;
  const name = parameter.$ref.split("/").at(-1) ?? "";
  return document.components.parameters?.[name] as Parameter;
}

const renderParameter = (document: OpenApiDocument, parameter: Parameter): string =>
  `<li><code class="name">${escapeHtml(parameter.name)}</code>${parameter.required ? "<b>*</b>" : ""}
    <span class="type">${escapeHtml(parameter.in)}, ${escapeHtml(typeOf(document, parameter.schema))}</span>
    ${parameter.description ? `<span class="about">${prose(parameter.description)}</span>` : ""}</li>`;

function renderResponse(
  document: OpenApiDocument,
  status: string,
  response: { description: string; content?: Record<string, Media> },
): string {
  const media = Object.values(response.content ?? {})[0];
  const failed = Number(status) >= 400;
  const example = media?.example;
  return `<details class="answer"><summary><span class="status ${failed ? "bad" : "good"}">${status}</span>
    ${escapeHtml(response.description.split("\n")[0] ?? "")}</summary>
    ${prose(response.description)}
    ${media && !failed ? renderSchema(document, media.schema) : ""}
    ${example === undefined ? "" : block(json(example))}</details>`;
}

/** A line to copy; the parameters' examples stand in it. */
function curl(
  path: string,
  method: string,
  operation: Operation,
  parameters: Parameter[],
  body: [string, Media] | undefined,
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) =>
    String(parameters.find((each) => each.name === name)?.example ?? name),
  );
  const required = parameters.filter((each) => each.in === "query" && each.name === "confirm");
  const query = required.map((each) => `?${each.name}=${String(each.example ?? "")}`).join("");
  const lines = [
    `curl -sS ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$KUBENOVA_URL${filled}${query}"`,
  ];
  if (operation.security.length > 0) lines.push(`  -H "Authorization: Bearer $KUBENOVA_TOKEN"`);
  if (body) {
    lines.push(`  -H "Content-Type: ${body[0]}"`);
    lines.push(`  -d '${JSON.stringify(body[1].example).replaceAll("'", "'\\''")}'`);
  }
  return lines.join(" \\\n");
}
