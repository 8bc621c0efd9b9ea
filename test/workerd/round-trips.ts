import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createApp } from "../../worker/app.ts";
import { adminToken } from "./api.ts";

const app = createApp();

const SENDS = new Set<PropertyKey>(["all", "first", "raw", "run"]);

/**
 * Round trips to D1 that stand before a request's answer. At most `limit` are let through; what is asked beyond them
 * waits for the answer, as work after the answer may. A route that needs more never answers.
 */
export async function roundTripsOf(
  limit: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; roundTrips: number }> {
  const answered = Promise.withResolvers<void>();
  let roundTrips = 0;
  const pass = async (): Promise<void> => {
    if (roundTrips < limit) roundTrips++;
    else await answered.promise;
  };
  const request = new Request(`https://kubenova.test/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${await adminToken()}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const context = createExecutionContext();
  const { status } = await app.fetch(request, { ...env, DB: watched(env.DB, pass) }, context);
  const counted = roundTrips;
  answered.resolve();
  await waitOnExecutionContext(context);
  return { status, roundTrips: counted };
}

/** The same database, each of whose round trips waits for `pass` before it leaves. */
function watched(db: D1Database, pass: () => Promise<void>): D1Database {
  const statements = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        if (name === "bind") return (...values: unknown[]) => wrap(target.bind(...values));
        if (!SENDS.has(name)) return member.bind(target);
        return async (...given: unknown[]) => {
          await pass();
          return member.apply(target, given);
        };
      },
    });
    statements.set(proxy, statement);
    return proxy;
  };
  return new Proxy(db, {
    get: (target, name) => {
      if (name === "prepare") return (sql: string) => wrap(target.prepare(sql));
      if (name === "batch") {
        return async (given: D1PreparedStatement[]) => {
          await pass();
          return target.batch(given.map((statement) => statements.get(statement) ?? statement));
        };
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
