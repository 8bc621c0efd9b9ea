import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listRoles, rolePage } from "../../store/roles.ts";
import { idPageFields, idPageOf } from "../shared/id-paging.ts";
import {
  fixedRoleJson,
  fixedRoles,
  platformRoleExample,
  platformRolePageSchema,
  roleJson,
} from "./schema.ts";

export const listPlatformRoles = defineRoute({
  method: "get",
  path: "/api/v1/roles",
  operationId: "listPlatformRoles",
  tag: "roles",
  summary: "List the roles that every tenant has",
  description: "The fixed ones, and a page of those that the platform has made.",
  action: "self",
  query: z.strictObject(idPageFields),
  answers: {
    200: {
      description: "Roles with their permissions, and the levels at which each can be given.",
      schema: platformRolePageSchema,
      example: { fixed: [fixedRoleJson("billing")], items: [platformRoleExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const db = directory(call.env);
    const query = idPageOf(call.query);
    const [rows] = await call.read(db, [listRoles(db, null, query)]);
    call.authorize({});
    const { items, nextCursor } = rolePage(rows?.results ?? [], query);
    return { status: 200, body: { fixed: fixedRoles(), items: items.map(roleJson), nextCursor } };
  },
});
