import { z } from "zod";
import { defineRoute, type Route } from "../../routing/define.ts";
import { type OpenApiDocument, openApiDocument } from "../../routing/openapi.ts";
import { API_INFO } from "./document.ts";

/** Made once an isolate, when it is first asked for. */
export function documentOf(routes: () => readonly Route[]): () => OpenApiDocument {
  let document: OpenApiDocument | undefined;
  return () => {
    document ??= openApiDocument(routes(), API_INFO);
    return document;
  };
}

export const openApiRoute = (document: () => OpenApiDocument) =>
  defineRoute({
    method: "get",
    path: "/api/v1/openapi.json",
    operationId: "getOpenApi",
    tag: "docs",
    summary: "Get this document",
    action: "public",
    shield: "open",
    answers: {
      200: {
        description: "The OpenAPI 3.1 document.",
        schema: z.looseObject({ openapi: z.string() }),
        example: { openapi: "3.1.0", info: { title: API_INFO.title, version: API_INFO.version }, paths: {} },
      },
    },
    handler: async () => ({ status: 200, body: document() }),
  });
