import { defineRoute } from "../../routing/define.ts";
import { readBinding } from "./read.ts";
import { bindingExample, bindingJson, bindingParams, bindingSchema } from "./schema.ts";

export const getBinding = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/bindings/{binding}",
  operationId: "getBinding",
  tag: "bindings",
  summary: "Get a binding",
  action: "binding:get",
  params: bindingParams,
  answers: { 200: { description: "The binding.", schema: bindingSchema, example: bindingExample } },
  async handler(call) {
    const { tenant, binding } = call.params;
    return { status: 200, body: bindingJson(await readBinding(call, tenant, binding, "binding:get")) };
  },
});
