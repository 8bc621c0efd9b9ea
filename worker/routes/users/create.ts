import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findPlatformUser, insertNewUser, type NamedUser, userOf } from "../../store/users.ts";
import { keptEmail } from "../shared/email.ts";
import { accessEvent } from "../shared/giving.ts";
import { createUserSchema, userExample, userSchema } from "./schema.ts";
import { userAnswer, userState } from "./write.ts";

export const createUser = defineRoute({
  method: "post",
  path: "/api/v1/users",
  operationId: "createUser",
  tag: "users",
  summary: "Make a user before he first logs in",
  description:
    "A user of the platform: the platform's provider that names the address then logs him in as this user. He may do nothing until something is given to him.",
  action: "user:create",
  body: { schema: createUserSchema, example: { email: "ada@example.com", displayName: "Ada Lovelace" } },
  answers: {
    201: {
      description: "The user.",
      schema: userSchema,
      example: userExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1300"],
  async handler(call) {
    const db = directory(call.env);
    const email = keptEmail(call.body.email);
    const [rows] = await call.read(db, [findPlatformUser(db, email)]);
    call.authorize({});
    const same = userOf(rows?.results[0]);
    if (same) throw new KubeNovaError("KN-1300", "A user has this address already.", { id: same.id });
    const user: NamedUser = {
      id: call.newId("user"),
      tenantId: null,
      tenantName: null,
      email,
      displayName: call.body.displayName ?? null,
      state: "active",
      relinkTo: null,
      version: 1,
      createdAt: call.now,
      updatedAt: call.now,
      lastUsedAt: null,
    };
    return call.commit({
      db,
      statements: [insertNewUser(db, user)],
      events: [accessEvent(null, `user/${user.id}`, "user-created", { after: userState(user) })],
      answer: { ...userAnswer(201, user), location: `/api/v1/users/${user.id}` },
    });
  },
});
