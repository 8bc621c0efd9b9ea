import { defineRoute } from "../../routing/define.ts";
import { readBinding } from "./read.ts";
import { bindingJson, bindingSchema, platformBindingExample, platformBindingParams } from "./schema.ts";

export const getPlatformBinding = defineRoute({
  method: "get",
  path: "/api/v1/bindings/{binding}",
  operationId: "getPlatformBinding",
  tag: "bindings",
  summary: "Get a binding of the platform",
  action: "platform-access:get",
  params: platformBindingParams,
  answers: { 200: { description: "The binding.", schema: bindingSchema, example: platformBindingExample } },
  async handler(call) {
    return {
      status: 200,
      body: bindingJson(await readBinding(call, null, call.params.binding, "platform-access:get")),
    };
  },
});
