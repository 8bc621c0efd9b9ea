import type { Route } from "../../routing/define.ts";
import { documentOf, openApiRoute } from "./openapi.ts";
import { docsPage, docsStyle } from "./page.ts";

/** @param routes all routes, these included; asked for at the first request */
export function docsRoutes(routes: () => readonly Route[]): readonly Route[] {
  const document = documentOf(routes);
  return [openApiRoute(document), docsPage(document), docsStyle];
}
