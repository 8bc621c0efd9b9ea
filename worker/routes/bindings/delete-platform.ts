import { defineRoute } from "../../routing/define.ts";
import { readBinding } from "./read.ts";
import { platformBindingParams } from "./schema.ts";
import { take } from "./take.ts";

export const deletePlatformBinding = defineRoute({
  method: "delete",
  path: "/api/v1/bindings/{binding}",
  operationId: "deletePlatformBinding",
  tag: "bindings",
  summary: "Take away what a binding of the platform gives",
  action: "platform-access:update",
  params: platformBindingParams,
  answers: { 204: { description: "It is gone." } },
  errors: ["KN-1130"],
  async handler(call) {
    return take(call, await readBinding(call, null, call.params.binding, "platform-access:update"));
  },
});
