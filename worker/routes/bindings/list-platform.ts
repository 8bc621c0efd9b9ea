import { z } from "zod";
import { nameSchema } from "../../../domain/names/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { bindingPage, listBindings } from "../../store/bindings.ts";
import { directory } from "../../store/database.ts";
import { findScope } from "../../store/scopes.ts";
import { idPageOf } from "../shared/id-paging.ts";
import { openPlatformScope } from "./place.ts";
import { bindingFilterFields, bindingJson, bindingPageSchema, platformBindingExample } from "./schema.ts";

export const listPlatformBindings = defineRoute({
  method: "get",
  path: "/api/v1/bindings",
  operationId: "listPlatformBindings",
  tag: "bindings",
  summary: "List what the platform has given",
  description: "At the platform and on clusters; what tenants have given is theirs to list.",
  action: "platform-access:get",
  query: z.strictObject({
    ...bindingFilterFields,
    cluster: nameSchema.optional().meta({ examples: ["berlin-1"] }),
  }),
  answers: {
    200: {
      description: "A page of bindings, in the order of their making.",
      schema: bindingPageSchema,
      example: { items: [platformBindingExample], nextCursor: null },
    },
  },
  errors: ["KN-1006", "KN-1200"],
  async handler(call) {
    const { subject, role, cluster, ...page } = call.query;
    const db = directory(call.env);
    const [place] = await call.read(db, [findScope(db, { cluster })]);
    const { scope } = openPlatformScope(call, { cluster }, place?.results[0]);
    const query = idPageOf(page);
    const [rows] = await call.look(db, [listBindings(db, null, { ...query, subject, role, scope })]);
    const { items, nextCursor } = bindingPage(rows?.results ?? [], query);
    return { status: 200, body: { items: items.map(bindingJson), nextCursor } };
  },
});
