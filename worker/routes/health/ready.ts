import { z } from "zod";
import { inTime, NoAnswer } from "../../bounded.ts";
import type { Env } from "../../env.ts";
import { configurationProblems } from "../../middleware/configuration.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory, outboxStub } from "../../store/database.ts";
import { databaseAnswers } from "../../store/health.ts";

/** A part that needs longer is of no use to a request either. */
const CHECK_TIMEOUT_MS = 3_000;

const checkSchema = z.object({
  state: z.enum(["ok", "failed"]),
  message: z.string().optional().meta({ description: "What failed, in words that hold no secret." }),
});

const readySchema = z
  .object({
    status: z.enum(["ok", "failed"]),
    checks: z.object({
      database: checkSchema,
      queue: checkSchema,
      objects: checkSchema,
      configuration: checkSchema,
    }),
  })
  .meta({ id: "Readiness" });

type Check = z.infer<typeof checkSchema>;

export const readyz = defineRoute({
  method: "get",
  path: "/readyz",
  operationId: "getReadiness",
  tag: "health",
  summary: "Do all parts answer",
  description: "The database and its tables, the queue, a Durable Object, and the secrets of the manager.",
  action: "public",
  answers: {
    200: {
      description: "They do.",
      schema: readySchema,
      example: { status: "ok", checks: allChecks({ state: "ok" }) },
    },
    503: {
      description: "One does not.",
      schema: readySchema,
      example: {
        status: "failed",
        checks: {
          ...allChecks({ state: "ok" }),
          database: { state: "failed", message: "does not answer in time" },
        },
      },
    },
  },
  async handler(call) {
    const checks = await runChecks(call.env);
    const failed = Object.values(checks).some(({ state }) => state === "failed");
    return { status: failed ? 503 : 200, body: { status: failed ? "failed" : "ok", checks } };
  },
});

function allChecks(check: Check) {
  return { database: check, queue: check, objects: check, configuration: check };
}

async function runChecks(env: Env) {
  const [database, queue, objects, configuration] = await Promise.all([
    check("its tables cannot be read", () => databaseAnswers(directory(env))),
    check("its state cannot be read", () => queueAnswers(env)),
    check("an object does not answer", () => outboxStub(env, 0).ping()),
    check("PLATFORM_ADMIN_KEY or KEY_RING is absent or not well formed", async () => {
      if (configurationProblems(env).length > 0) throw new Error("not configured");
    }),
  ]);
  return { database, queue, objects, configuration };
}

/** The binding, and its backlog where the platform tells it: sending a message only to see whether it can be sent would cost one. */
async function queueAnswers(env: Env): Promise<void> {
  if (typeof env.EVENTS?.sendBatch !== "function") throw new Error("no binding");
  await env.EVENTS.metrics();
}

const check = (failure: string, work: () => Promise<unknown>): Promise<Check> =>
  inTime(work(), CHECK_TIMEOUT_MS).then(
    (): Check => ({ state: "ok" }),
    (error: unknown): Check => ({
      state: "failed",
      message: error instanceof NoAnswer ? "does not answer in time" : failure,
    }),
  );
