import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { plan, seeded } from "../../test/attack/plan.ts";
import { isRefusedAsSuch, mayBeShown, PUBLIC } from "../../test/workerd/apart/exceptions.ts";
import { namedOf, type Reference, referencesOf } from "../../test/workerd/apart/references.ts";
import { casesOf, guessed, requestOf, scopedIn } from "../../test/workerd/apart/requests.ts";
import { givenTenant } from "../../test/workerd/apart/tenant.ts";
import { errorOf, Told } from "../../test/workerd/apart/told.ts";
import type { Asked, Tenant } from "../../test/workerd/apart/types.ts";
import { apiRaw } from "../../test/workerd/api.ts";
import { allAppended } from "../../test/workerd/audit.ts";
import { routes } from "../routes/index.ts";
import type { Route } from "./define.ts";

/**
 * Eight tenants at once, each with every right in its own. Each route is asked with each parameter of its path as the
 * caller's own, another tenant's, deleted or guessed. None is answered with anything of another, and what is another's
 * is not there, exactly as what is nobody's. Exceptions and their reasons: test/workerd/apart/exceptions.ts.
 */

const TENANTS = 8;
const ROUNDS = plan.times(1);

const tenants = await Promise.all(Array.from({ length: TENANTS }, (_, i) => givenTenant(i)));
const attacked = routes.filter(({ action }) => action !== "public");
const told = new Told(tenants);
const wrong: string[] = [];

/** So many of a route's cases for each tenant that all of them together have asked every one. */
async function attack(me: Tenant, i: number): Promise<void> {
  const random = seeded(plan.seed + i);
  const others = tenants.filter((tenant) => tenant !== me);
  for (let round = 0; round < ROUNDS; round++) {
    for (const route of attacked) {
      const cases = casesOf(route, random);
      for (let turn = 0; turn < Math.ceil(cases.length / TENANTS); turn++) {
        const owned = cases[(i + turn * TENANTS + round) % cases.length];
        if (owned === undefined) continue;
        const other = others[Math.floor(random() * others.length)] as Tenant;
        await ask(route, requestOf(route, owned, me, other, random), me);
      }
    }
  }
}

async function ask(route: Route, asked: Asked, me: Tenant): Promise<void> {
  told.sends(me, asked.values);
  const answer = await apiRaw(asked.method.toUpperCase(), asked.url, {
    token: me.token,
    ...(route.body ? { body: route.body.example } : {}),
  });
  const text = (await answer.text()) + JSON.stringify([...answer.headers]);
  const owners = Object.values(asked.owners);
  const what = `${me.name}: ${route.operationId} (${owners}) ${asked.url} -> ${answer.status} ${text}`;
  if (answer.status === 500) wrong.push(what);
  const leaks = told.leaksIn(text, me);
  if (leaks.length > 0) wrong.push(`${leaks} in ${what}`);
  if (owners.every((owner) => owner === "own") || mayBeShown(asked)) return;
  if (answer.status !== 404 && !(answer.status === 403 && isRefusedAsSuch(route))) wrong.push(what);
  if (owners.includes("stale")) return;
  told.answered(route.operationId, asked, answer.status, text);
}

/** What a reference is answered, without what it named. */
async function answerTo(me: Tenant, at: number, value: string): Promise<string> {
  const { method, path, body } = referencesOf(me, value)[at] as Reference;
  told.sends(me, [value]);
  const answer = await apiRaw(method, path, { token: me.token, ...(body ? { body } : {}) });
  const text = await answer.text();
  const leaks = told.leaksIn(text, me);
  if (leaks.length > 0) wrong.push(`${leaks} in ${me.name}: ${method} ${path} -> ${text}`);
  return `${answer.status} ${errorOf(text, [value])}`;
}

/** The same names in bodies and queries: another's is answered as nobody's is, and the caller's own is not. */
async function refer(me: Tenant, i: number): Promise<void> {
  const random = seeded(plan.seed + i);
  const others = tenants.filter((tenant) => tenant !== me);
  for (const [at, { operation, named, secret }] of referencesOf(me, "").entries()) {
    const other = others[Math.floor(random() * others.length)] as Tenant;
    const own = namedOf(me, named);
    const foreign = await answerTo(me, at, namedOf(other, named));
    const nobodys = await answerTo(me, at, guessed(own, random));
    const mine = await answerTo(me, at, own);
    if (foreign !== nobodys) wrong.push(`${operation} by ${named}: ${foreign}, but ${nobodys} of nobody's`);
    if (!secret && mine === nobodys) wrong.push(`${operation} by ${named} was not looked at: ${mine}`);
  }
}

describe("eight tenants at once", () => {
  it("never see a row, a name or an id of another, nor that it is there", async () => {
    await Promise.all(tenants.map(attack));
    expect(wrong).toEqual([]);
    expect(told.differing()).toEqual([]);
    expect(told.operations()).toEqual(
      attacked
        .filter((route) => scopedIn(route).length > 0)
        .map(({ operationId }) => operationId)
        .sort(),
    );
  });

  it("are told of nothing of another that a body or a query names", async () => {
    wrong.length = 0;
    await Promise.all(tenants.map(refer));
    expect(wrong).toEqual([]);
  });

  it("are all that there is of routes with something of a tenant, but for the public ones", () => {
    const left = routes.filter((route) => route.action === "public" && scopedIn(route).length > 0);
    expect(left.map(({ operationId }) => operationId).filter((id) => !Object.hasOwn(PUBLIC, id))).toEqual([]);
  });

  it("have left no trace in another", async () => {
    const { results } = await env.DB.prepare(
      "SELECT DISTINCT t.name AS tenant, e.actor FROM events e JOIN tenants t ON t.id = e.tenant_id",
    ).all<{ tenant: string; actor: string }>();
    for (const { tenant, actor } of results) {
      const own = tenants.find(({ name }) => name === tenant)?.userId;
      expect(["platform-admin", own], tenant).toContain(actor);
    }
    expect(results.some(({ actor }) => actor !== "platform-admin")).toBe(true);
    await allAppended();
    for (const me of tenants) {
      const log = await apiRaw("GET", `/tenants/${me.name}/audit:export`, { token: me.token });
      const text = await log.text();
      expect([log.status, told.leaksIn(text, me)], me.name).toEqual([200, []]);
    }
  });
});
