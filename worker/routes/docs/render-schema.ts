import type { JsonSchema } from "../../routing/json-schema.ts";
import type { OpenApiDocument } from "../../routing/openapi.ts";
import { escapeHtml, prose } from "./html.ts";

/** Deeper fields are left to the document itself. */
const MAX_DEPTH = 8;

/** Fields of a schema as a nested list. */
export function renderSchema(document: OpenApiDocument, schema: JsonSchema, depth = 0): string {
  const resolved = resolve(document, schema);
  const variants = (resolved.anyOf ?? resolved.oneOf) as JsonSchema[] | undefined;
  if (variants && depth < MAX_DEPTH) {
    return variants.map((variant) => renderSchema(document, variant, depth + 1)).join('<p class="or">or</p>');
  }
  if (resolved.type === "array") return renderSchema(document, (resolved.items ?? {}) as JsonSchema, depth);
  const properties = Object.entries((resolved.properties ?? {}) as Record<string, JsonSchema>);
  if (properties.length === 0 || depth >= MAX_DEPTH) return "";
  const required = (resolved.required ?? []) as string[];
  const rows = properties.map(([name, property]) => {
    const inner = renderSchema(document, property, depth + 1);
    const described = resolve(document, property).description as string | undefined;
    return `<li><code class="name">${escapeHtml(name)}</code>${required.includes(name) ? '<b title="required">*</b>' : ""}
      <span class="type">${escapeHtml(typeOf(document, property))}</span>
      ${described ? `<span class="about">${prose(described)}</span>` : ""}
      ${inner ? `<details><summary>fields</summary>${inner}</details>` : ""}</li>`;
  });
  return `<ul class="fields">${rows.join("")}</ul>`;
}

export function resolve(document: OpenApiDocument, schema: JsonSchema): JsonSchema {
  const name = /^#\/components\/schemas\/(.+)$/.exec(String(schema.$ref ?? ""))?.[1];
  return name ? ((document.components.schemas?.[name] ?? {}) as JsonSchema) : schema;
}

/** A few words on what a value may be. */
export function typeOf(document: OpenApiDocument, schema: JsonSchema): string {
  const resolved = resolve(document, schema);
  if (resolved.const !== undefined) return JSON.stringify(resolved.const);
  if (Array.isArray(resolved.enum)) return resolved.enum.map((value) => JSON.stringify(value)).join(" | ");
  const variants = (resolved.anyOf ?? resolved.oneOf) as JsonSchema[] | undefined;
  if (variants) return variants.map((variant) => typeOf(document, variant)).join(" | ");
  if (resolved.type === "array") return `list of ${typeOf(document, (resolved.items ?? {}) as JsonSchema)}`;
  const limits = [
    resolved.maxLength === undefined ? "" : `≤ ${resolved.maxLength} characters`,
    resolved.minimum === undefined || resolved.maximum === undefined
      ? ""
      : `${resolved.minimum}…${resolved.maximum}`,
  ].filter(Boolean);
  return [resolved.format ?? resolved.type ?? "any", ...limits].join(", ");
}
