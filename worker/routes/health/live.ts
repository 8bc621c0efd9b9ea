import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";

export const healthz = defineRoute({
  method: "get",
  path: "/healthz",
  operationId: "getHealth",
  tag: "health",
  summary: "Is the Worker alive",
  description: "Asks no other part; see /readyz for those.",
  action: "public",
  shield: "open",
  answers: {
    200: { description: "It is.", schema: z.object({ status: z.literal("ok") }), example: { status: "ok" } },
  },
  handler: async () => ({ status: 200, body: { status: "ok" } }),
});
