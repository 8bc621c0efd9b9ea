import { defineRoute } from "../../routing/define.ts";
import { userExample, userParams, userSchema } from "./schema.ts";
import { readUser, userAnswer } from "./write.ts";

export const getUser = defineRoute({
  method: "get",
  path: "/api/v1/users/{user}",
  operationId: "getUser",
  tag: "users",
  summary: "Get a user",
  action: "user:get",
  params: userParams,
  conditional: ["If-None-Match"],
  answers: { 200: { description: "The user.", schema: userSchema, example: userExample, headers: ["ETag"] } },
  async handler(call) {
    return userAnswer(200, await readUser(call));
  },
});
