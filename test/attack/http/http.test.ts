import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isId } from "../../../domain/ids/index.ts";
import { inParallel } from "../apps.ts";
import { codesOf, placesOf } from "../operations.ts";
import { plan } from "../plan.ts";
import { startWorld, type World } from "../world.ts";
import { ATTACKS, expired } from "./attacks.ts";
import { type Attack, type Target, targetOf } from "./target.ts";
import { send, type WireAnswer } from "./wire.ts";

/** Each operation, in each way that a request can be wrong; a quick choice of the seed takes one way in eight. */
let world: World;
let url: string;
let targets: Target[];
let attacks: Attack[];

/** Longer than any refusal takes on the busiest machine, and shorter than the manager's own limit. */
const REFUSAL_LIMIT_MS = 20_000;
const ONE_IN = plan.long ? 1 : 8;

beforeAll(async () => {
  world = await startWorld();
  url = await world.manager.directUrl();
  targets = placesOf(world.document).map((place) => targetOf(place, world.token));
  attacks = [...ATTACKS, await expired(world.manager)];
});
afterAll(() => world?.stop());

/** All that a refused request must leave as it was. */
async function state(): Promise<unknown> {
  const paths = ["/tenants", "/clusters", "/tenants/acme/projects", "/dead-letters"];
  const shop = ["/environments", "/apps", "/apps/web", "/apps/web/revisions", "/apps/web/releases"];
  const all = [
    ...paths,
    ...shop.map((path) => `/tenants/acme/projects/shop${path}`),
    "/events?actor=platform-admin&order=desc&limit=1",
  ];
  return Promise.all(
    all.map(async (path) =>
      JSON.stringify((await world.api.get(`/api/v1${path}`)).body).replace(
        /"(lastSeenAt|awakeSince)":"[^"]*"/g,
        "",
      ),
    ),
  );
}

/** What is wrong with a refusal; undefined where nothing is. */
function flaw(answer: WireAnswer, { place }: Target, { codes, cutOff }: Attack): string | undefined {
  const { status, headers, text, ms } = answer;
  if (status === 0) return cutOff ? undefined : "no answer";
  if (ms > REFUSAL_LIMIT_MS) return `${ms} ms`;
  const found = errorOf(text);
  if (!found) return `${status}, not an error of ours: ${text.slice(0, 200)}`;
  const documented = codesOf(place.operation).get(status) ?? [];
  if (!codes.includes(found.code)) return `${status} ${found.code}: ${text.slice(0, 200)}`;
  const ofRouter = ["KN-1201", "KN-1202"].includes(found.code);
  if (!ofRouter && !documented.includes(found.code)) return `${status} ${found.code} is not documented`;
  if (!isId("request", found.requestId) || headers.get("x-request-id") !== found.requestId)
    return "no request id";
  return undefined;
}

function errorOf(text: string): { code: string; requestId: string } | undefined {
  try {
    return (JSON.parse(text) as { error?: { code: string; requestId: string } }).error;
  } catch {
    return undefined;
  }
}

describe(`a request that is wrong (seed ${plan.seed})`, () => {
  it("is refused as the document says, by each operation, and changes nothing", async () => {
    const before = await state();
    const flaws: string[] = [];
    const cases = targets.flatMap((target) =>
      attacks.filter((attack) => attack.on(target)).map((attack) => ({ target, attack })),
    );
    const random = plan.random("http");
    const chosen = cases.filter(() => random() * ONE_IN < 1);
    await inParallel(chosen, async ({ target, attack }) => {
      const answer = await send(url, attack.spoil(target));
      const found = flaw(answer, target, attack);
      if (found) flaws.push(`${target.place.id}, ${attack.name}: ${found}`);
    });
    process.stderr.write(`http: ${chosen.length} of ${cases.length} cases at ${targets.length} operations\n`);
    expect(flaws).toEqual([]);
    expect(await state()).toEqual(before);
  });

  it("with a method that its path does not have gets the list of those that it has", async () => {
    const flaws: string[] = [];
    for (const template of new Set(targets.map(({ place }) => place.path))) {
      const known = targets.filter(({ place }) => place.path === template);
      const path = known[0]?.request.path ?? "";
      const methods = known.flatMap(({ place }) =>
        place.method === "GET" ? ["GET", "HEAD"] : [place.method],
      );
      for (const method of [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PROPFIND",
      ]) {
        if (methods.includes(method)) continue;
        const answer = await send(url, { method, path });
        const allow = (answer.headers.get("allow") ?? "").split(", ").sort().join();
        if (answer.status !== 405 || allow !== methods.sort().join())
          flaws.push(`${method} ${path}: ${answer.status} ${allow}`);
      }
    }
    expect(flaws).toEqual([]);
  });

  it("by HEAD has the status of GET, and no body", async () => {
    for (const { place, request } of targets.filter(
      ({ place, passesOn }) => place.method === "GET" && !passesOn,
    )) {
      const [get, head] = [await send(url, request), await send(url, { ...request, method: "HEAD" })];
      expect([place.id, head.status, head.text]).toEqual([place.id, get.status, ""]);
    }
  });
});
