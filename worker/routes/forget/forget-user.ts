import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { type ForgettableRow, findForgettable, forgetUser } from "../../store/audit-people.ts";
import { directory } from "../../store/database.ts";
import { confirmed, confirmQuery, timeSchema } from "../shared/catalogue.ts";

const userExample = "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
const userId = z
  .string()
  .regex(idPattern("user"))
  .meta({ examples: [userExample] });

const forgottenSchema = z.object({ user: userId, forgottenAt: timeSchema }).meta({ id: "ForgottenUser" });

export const forgetUserRoute = defineRoute({
  method: "post",
  path: "/api/v1/users/{user}:forget",
  operationId: "forgetUser",
  tag: "audit",
  summary: "Forget a person",
  description:
    "Destroys the key that seals what the audit logs tell of a person, and takes e-mail address, name and addresses of the logins out of the account, which must be disabled or deleted. It cannot be undone. Every entry stays, names the id only, and is proven as before.",
  action: "user:forget",
  params: z.strictObject({ user: userId }),
  query: confirmQuery(userExample),
  answers: {
    200: {
      description: "Forgotten; within seconds everywhere.",
      schema: forgottenSchema,
      example: { user: userExample, forgottenAt: "2026-11-21T10:00:00.000Z" },
    },
  },
  errors: ["KN-1008", "KN-1710"],
  async handler(call) {
    const { user } = call.params;
    const db = directory(call.env);
    const [found] = await call.read(db, [findForgettable(db, user)]);
    call.authorize({});
    const row = found?.results[0] as unknown as ForgettableRow;
    if (row.state === null && row.known === 0)
      throw new KubeNovaError("KN-1200", `There is no user '${user}'.`);
    confirmed(user, call.query.confirm);
    if (row.state === "active") throw new KubeNovaError("KN-1710");
    const forgottenAt = new Date(row.forgotten_at ?? call.now).toISOString();
    return call.commit({
      db,
      statements: forgetUser(db, user, call.now),
      events: [
        {
          type: "evt.access.changed",
          tenantId: null,
          subject: `user/${user}`,
          data: { kind: "person-forgotten", before: null, after: { userId: user, forgottenAt } },
        },
      ],
      answer: { status: 200, body: { user, forgottenAt } },
    });
  },
});
