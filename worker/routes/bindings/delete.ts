import { defineRoute } from "../../routing/define.ts";
import { readBinding } from "./read.ts";
import { bindingParams } from "./schema.ts";
import { take } from "./take.ts";

export const deleteBinding = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/bindings/{binding}",
  operationId: "deleteBinding",
  tag: "bindings",
  summary: "Take away what a binding gives",
  description:
    "From the next request on. The last owner of a tenant stays, unless the platform takes him away.",
  action: "binding:delete",
  params: bindingParams,
  answers: { 204: { description: "It is gone." } },
  errors: ["KN-1130", "KN-1131"],
  async handler(call) {
    return take(call, await readBinding(call, call.params.tenant, call.params.binding, "binding:delete"));
  },
});
