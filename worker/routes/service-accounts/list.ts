import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listServiceAccounts as listRows, serviceAccountPage } from "../../store/service-accounts.ts";
import { openHome, tenantStatement } from "../shared/home.ts";
import { idPageFields, idPageOf } from "../shared/id-paging.ts";
import { ACCOUNT_HOMES, type AccountParams } from "./homes.ts";
import { serviceAccountExample, serviceAccountJson, serviceAccountPageSchema } from "./schema.ts";

export const listServiceAccounts = ACCOUNT_HOMES.map((home) =>
  defineRoute({
    method: "get",
    path: home.path,
    operationId: `list${home.infix}ServiceAccounts`,
    tag: "service-accounts",
    summary: `List the service accounts of ${home.of}`,
    action: home.action("list"),
    params: home.params,
    query: z.strictObject(idPageFields),
    answers: {
      200: {
        description: "A page of service accounts, in the order of their making.",
        schema: serviceAccountPageSchema,
        example: { items: [serviceAccountExample], nextCursor: null },
      },
    },
    errors: ["KN-1006"],
    async handler(call) {
      const { tenant = null } = call.params as AccountParams;
      const db = directory(call.env);
      const query = idPageOf(call.query);
      const [rows, place] = await call.read(db, [
        listRows(db, tenant, query),
        ...tenantStatement(call, tenant),
      ]);
      openHome(call, tenant, place);
      const { items, nextCursor } = serviceAccountPage(rows?.results ?? [], query);
      return { status: 200, body: { items: items.map(serviceAccountJson), nextCursor } };
    },
  }),
);
