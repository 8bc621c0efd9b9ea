import { ANONYMOUS } from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { Gate } from "../limits/gate.ts";
import { goesOn, held } from "../limits/held.ts";
import { passShield } from "../limits/shield.ts";
import { knownCaller } from "../middleware/caller.ts";
import { type AppContext, withOwnHeaders } from "../middleware/context.ts";
import { authenticate } from "../middleware/principal.ts";
import { traceFor } from "../middleware/trace.ts";
import type { Answer } from "./call.ts";
import { LostRace } from "./call-input.ts";
import type { Route } from "./define.ts";
import { idempotentRequest, Replay } from "./idempotency.ts";
import { isUnchanged } from "./preconditions.ts";
import { readJson } from "./requests.ts";
import { RunningCall } from "./running.ts";
import { withTimeLimit } from "./time-limit.ts";
import { validate } from "./validate.ts";

/** Each lost race means that another writer won, so progress is sure; beyond this the object is too busy. */
const MAX_ATTEMPTS = 10;
/** Full jitter between attempts, growing: without it those who met once meet again. */
const RETRY_SPREAD_MS = 15;

/** From a matched request to its answer: who asks, what is asked, the handler, the response. */
export async function handle(route: Route, c: AppContext, params: Record<string, string>): Promise<Response> {
  c.set("route", route.path);
  c.set("params", params);
  if (route.streams) return run(route, c, params);
  return withTimeLimit(run(route, c, params));
}

async function run(route: Route, c: AppContext, params: Record<string, string>): Promise<Response> {
  const request = c.req.raw;
  const now = c.get("startedAt");
  const isPublic = route.action === "public";
  if (isPublic) await passShield(c.env, request, route.shield);
  const caller = isPublic ? knownCaller(ANONYMOUS) : await authenticate(request, c.env, now);
  c.set("principalId", caller.id);
  const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const gate = new Gate({ env: c.env, request, caller, tenant: params.tenant, waitUntil });
  c.set("gate", gate);
  await gate.enter();
  traceFor(c, caller);
  const query = queryOf(c.req.url);
  const body = route.body ? await readJson(request, route.body) : undefined;
  const input = {
    route,
    env: c.env,
    request,
    params: route.params ? validateParams(route, params) : params,
    query: route.query ? validate(route.query, query, "query") : refuseAny(query),
    body: route.body && body !== undefined ? validate(route.body.schema, body, "body") : undefined,
    caller,
    gate,
    requestId: c.get("requestId"),
    correlationId: c.get("correlationId"),
    now,
    trace: c.get("trace"),
    idempotent: await idempotentRequest(request, caller.id, body),
    waitUntil,
  };
  for (let attempt = 1; ; attempt++) {
    const call = new RunningCall(input, attempt);
    try {
      const answer = await route.handler(call as never);
      if (!call.authority.authorized) throw new Error(`${route.operationId} answered without asking can()`);
      input.waitUntil(call.authority.touch());
      if (!(answer instanceof Response)) return toResponse(answer, request);
      return withOwnHeaders(heldOpen(call, route, answer));
    } catch (error) {
      if (error instanceof Replay) return toResponse(error.answer, request);
      if (!(error instanceof LostRace)) throw error;
      if (attempt === MAX_ATTEMPTS)
        throw new KubeNovaError("KN-1305", "Too many writers at once; try again.");
      await scheduler.wait(Math.random() * RETRY_SPREAD_MS * attempt);
    } finally {
      call.stream?.release();
      await gate.leave(call.authority);
    }
  }
}

/** What goes on after it was given is counted where streams are, and asked about as long as it lasts, whoever opened it. */
function heldOpen({ stream, authority, waitUntil }: RunningCall, route: Route, answer: Response): Response {
  const isStream = stream !== undefined || (route.streams && route.action !== "public");
  if (!isStream || !goesOn(answer)) return answer;
  stream?.hold();
  return held(answer, {
    renew: () => stream?.renew(),
    stillAllowed: () => authority.stillAllowed(Date.now()),
    over: () => stream?.end(),
    waitUntil,
  });
}

/** A name that cannot exist is one that does not. */
function validateParams(route: Route, params: Record<string, string>): unknown {
  const result = route.params.safeParse(params);
  if (!result.success) throw new KubeNovaError("KN-1200");
  return result.data;
}

/** Parameters of a query; the last of several with one name holds. */
function queryOf(url: string): Record<string, string> {
  const at = url.indexOf("?");
  return at < 0 ? {} : Object.fromEntries(new URLSearchParams(url.slice(at + 1)));
}

function refuseAny(query: Record<string, string>): undefined {
  const issues = Object.keys(query).map((path) => ({ path, message: "unknown parameter" }));
  if (issues.length > 0)
    throw new KubeNovaError("KN-1002", "This route takes no query.", { in: "query", issues });
}

function toResponse(answer: Answer, request: Request): Response {
  const headers = new Headers(answer.headers);
  if (answer.etag !== undefined) headers.set("ETag", `"${answer.etag}"`);
  if (answer.location !== undefined) headers.set("Location", answer.location);
  const reads = request.method === "GET" || request.method === "HEAD";
  if (reads && answer.etag !== undefined && isUnchanged(request.headers.get("if-none-match"), answer.etag)) {
    return new Response(null, { status: 304, headers });
  }
  if (answer.body === undefined) return new Response(null, { status: answer.status, headers });
  headers.set("Content-Type", "application/json");
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers });
}
