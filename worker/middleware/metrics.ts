import type { MiddlewareHandler } from "hono";
import { countRequest, type RequestCounts } from "../../domain/metrics/requests.ts";
import type { Env } from "../env.ts";
import { metricsStub } from "../store/database.ts";
import { takeSpanCounts } from "../tracing/export.ts";
import type { AppEnv } from "./context.ts";

/** An isolate tells its counts this often at most: each time is a request, and a row, that somebody pays. */
const FLUSH_EVERY_MS = 30_000;

let counts: RequestCounts = {};
let flushedAt = 0;

/** Counts requests by the route's template. What an isolate holds when it ends is lost: half a minute of counts. */
export const countRequests: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const now = Date.now();
  countRequest(counts, {
    method: c.req.method,
    route: c.get("route") ?? "none",
    status: c.res.status,
    seconds: (now - c.get("startedAt")) / 1000,
  });
  if (now - flushedAt >= FLUSH_EVERY_MS) c.executionCtx.waitUntil(flushCounts(c.env, now));
};

/** Hands this isolate's counts over; where that fails they are kept for the next time. */
export async function flushCounts(env: Env, now: number): Promise<void> {
  const told = counts;
  counts = {};
  flushedAt = now;
  const spans = takeSpanCounts();
  if (Object.keys(told).length === 0) return;
  await metricsStub(env).add(told, spans);
}
