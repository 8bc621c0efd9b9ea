import { z } from "zod";
import { nameSchema } from "../../../domain/names/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { bindingPage, listBindings as listRows } from "../../store/bindings.ts";
import { directory } from "../../store/database.ts";
import { findScope } from "../../store/scopes.ts";
import { idPageOf } from "../shared/id-paging.ts";
import { tenantParams } from "../tenants/schema.ts";
import { openScope } from "./place.ts";
import {
  bindingExample,
  bindingFilterFields,
  bindingJson,
  bindingPageSchema,
  isScope,
  NO_SCOPE,
} from "./schema.ts";

export const listBindings = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/bindings",
  operationId: "listBindings",
  tag: "bindings",
  summary: "List what is given in a tenant",
  description:
    "With `project`, `environment` or `cluster` what is given there: then that is where one must be allowed to.",
  action: "binding:list",
  params: tenantParams,
  query: z
    .strictObject({
      ...bindingFilterFields,
      project: nameSchema.optional().meta({ examples: ["shop"] }),
      environment: nameSchema.optional().meta({ examples: ["staging"] }),
      cluster: nameSchema.optional().meta({ examples: ["berlin-1"] }),
    })
    .refine(isScope, NO_SCOPE),
  answers: {
    200: {
      description: "A page of bindings, in the order of their making.",
      schema: bindingPageSchema,
      example: { items: [bindingExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const { subject, role, project, environment, cluster, ...page } = call.query;
    const db = directory(call.env);
    const names = { tenant: call.params.tenant, project, environment, cluster };
    const [place] = await call.read(db, [findScope(db, names)]);
    const { tenantId, scope } = openScope(call, names, place?.results[0]);
    const query = idPageOf(page);
    const [rows] = await call.look(db, [listRows(db, tenantId, { ...query, subject, role, scope })]);
    const { items, nextCursor } = bindingPage(rows?.results ?? [], query);
    return { status: 200, body: { items: items.map(bindingJson), nextCursor } };
  },
});
