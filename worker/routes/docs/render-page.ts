import type { JsonSchema } from "../../routing/json-schema.ts";
import type { OpenApiDocument } from "../../routing/openapi.ts";
import { block, escapeHtml, prose } from "./html.ts";
import { renderOperation } from "./render-operation.ts";

const START = `export KUBENOVA_URL=http://localhost:8787
export KUBENOVA_TOKEN=$(curl -sS -X POST "$KUBENOVA_URL/api/v1/auth/token" \\
  -H "Authorization: Bearer $PLATFORM_ADMIN_KEY" | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
curl -sS "$KUBENOVA_URL/api/v1/tenants" -H "Authorization: Bearer $KUBENOVA_TOKEN"`;

/** The whole document as one page without a script: operations by tag, each folded. */
export function renderPage(document: OpenApiDocument): string {
  const sections = document.tags.flatMap((tag) => {
    const operations = operationsOf(document, tag.name);
    return operations.length === 0 ? [] : [{ ...tag, operations }];
  });
  const menu = sections.map(({ name }) => `<a href="#${escapeHtml(name)}">${escapeHtml(name)}</a>`).join("");
  const content = sections.map(
    ({ name, description, operations }) => `<section id="${escapeHtml(name)}"><h2>${escapeHtml(name)}</h2>
      ${prose(description)}${operations.join("")}</section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(document.info.title)}</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><nav><strong>${escapeHtml(document.info.title)}</strong>${menu}<a href="/api/v1/openapi.json">openapi.json</a></nav>
<main><h1>${escapeHtml(document.info.title)}</h1>${prose(document.info.description)}${block(START)}
${content.join("\n")}</main></body></html>
`;
}

const operationsOf = (document: OpenApiDocument, tag: string): string[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => (operation.tags as string[]).includes(tag))
      .map(([method, operation]) => renderOperation(document, path, method, operation as JsonSchema)),
  );
