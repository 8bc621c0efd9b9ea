import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import type { OpenApiDocument } from "../../routing/openapi.ts";
import { renderPage } from "./render-page.ts";
import { STYLE } from "./style.ts";

/** No script at all, and one style sheet of our own. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export const docsPage = (document: () => OpenApiDocument) => {
  let page: string | undefined;
  return defineRoute({
    method: "get",
    path: "/docs",
    operationId: "getDocs",
    tag: "docs",
    summary: "Read this document",
    action: "public",
    shield: "open",
    answers: {
      200: {
        description: "The document for people. It loads nothing from elsewhere.",
        mediaType: "text/html",
        schema: z.string(),
        example: "<!doctype html>",
      },
    },
    async handler() {
      page ??= renderPage(document());
      return new Response(page, {
        headers: {
          "Content-Type": "text/html; charset=utf-8",
          "Content-Security-Policy": PAGE_POLICY,
          "Cache-Control": "no-cache",
        },
      });
    },
  });
};

export const docsStyle = defineRoute({
  method: "get",
  path: "/docs/style.css",
  operationId: "getDocsStyle",
  tag: "docs",
  summary: "Get the style of the document",
  action: "public",
  shield: "open",
  answers: {
    200: { description: "A style sheet.", mediaType: "text/css", schema: z.string(), example: "body {}" },
  },
  handler: async () =>
    new Response(STYLE, {
      headers: { "Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=300" },
    }),
});
