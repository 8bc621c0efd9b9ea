import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listUsers as listRows, userPage } from "../../store/users.ts";
import { keptEmail } from "../shared/email.ts";
import { idPageOf } from "../shared/id-paging.ts";
import { userExample, userJson, userListQuery, userPageSchema } from "./schema.ts";

export const listUsers = defineRoute({
  method: "get",
  path: "/api/v1/users",
  operationId: "listUsers",
  tag: "users",
  summary: "List all users",
  description: "Those of the platform, and those of tenants' own providers.",
  action: "user:list",
  query: userListQuery,
  answers: {
    200: {
      description: "A page of users, in the order of their making.",
      schema: userPageSchema,
      example: { items: [userExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const { email, state, realm } = call.query;
    const db = directory(call.env);
    const query = { ...idPageOf(call.query), state, realm, email: email && keptEmail(email) };
    const [rows] = await call.read(db, [listRows(db, query)]);
    call.authorize({});
    const { items, nextCursor } = userPage(rows?.results ?? [], query);
    return { status: 200, body: { items: items.map(userJson), nextCursor } };
  },
});
