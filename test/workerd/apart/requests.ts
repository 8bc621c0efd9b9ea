import type { Route } from "../../../worker/routing/define.ts";
import { toJsonSchema } from "../../../worker/routing/json-schema.ts";
import { anId } from "../seed.ts";
import { always, createsByName } from "./exceptions.ts";
import type { Asked, Case, Owner, Tenant } from "./types.ts";

const OTHERS = ["foreign", "stale", "foreign-stale", "guessed"] as const;

/** Names of a path's parameters that a tenant decides on. */
export const scopedIn = ({ path, operationId }: Route): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name as string)
    .filter((name) => !always(name) && !createsByName(operationId, path, name));

/**
 * What is to be asked of a route, the likeliest leak first: each parameter alone as each of the others, all of one other tenant, a mixture, and
 * all the caller's own where that takes nothing away.
 */
export function casesOf(route: Route, random: () => number): Case[] {
  const names = scopedIn(route);
  const own = names.map((): Owner => "own");
  const others = OTHERS.filter((other) => other !== "stale" || !route.path.endsWith(":restore"));
  const alone = others.flatMap((other) => names.map((_name, i) => own.with(i, other)));
  const any = ["own", ...others] as const;
  const mixed = names.map(() => any[Math.floor(random() * any.length)] as Owner);
  const harmless = route.method !== "delete" && !/:(test|restore)$/.test(route.path);
  const cases = names.length > 0 ? [...alone, names.map((): Owner => "foreign"), mixed] : [];
  const sent = cases.filter((each) => each.some((owner) => owner !== "own"));
  return harmless ? [...sent, own] : sent;
}

/** The request of one tenant; what is foreign in it is all of `other`. */
export function requestOf(route: Route, owned: Case, me: Tenant, other: Tenant, random: () => number): Asked {
  const [names, owners, values] = [scopedIn(route), {} as Record<string, Owner>, [] as string[]];
  const path = route.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const at = names.indexOf(name);
    const owner = at < 0 ? "own" : (owned[at] as Owner);
    const found = chosen(route, name, owner, { me, other, random });
    if (at >= 0) owners[name] = found.owner;
    values.push(found.value);
    return encodeURIComponent(found.value);
  });
  const query = new URLSearchParams();
  for (const name of fieldsOf(route, "query").required ?? [])
    query.set(name, exampleOf(route, "query", name));
  const asksTenant = exampleOf(route, "query", "tenant") === "acme";
  if (asksTenant) query.set("tenant", me.name);
  if (fieldsOf(route, "query").properties?.confirm) query.set("confirm", values.at(-1) as string);
  const text = query.size > 0 ? `${path}?${query}` : path;
  return { method: route.method, url: `https://kubenova.test${text}`, owners, values };
}

interface Between {
  me: Tenant;
  other: Tenant;
  random: () => number;
}

function chosen(route: Route, name: string, owner: Owner, { me, other, random }: Between) {
  const pick = (from: string[]): string | undefined => from[Math.floor(random() * from.length)];
  const kind = route.path.includes("/me/") && name === "key" ? "myKey" : name;
  const [mine, theirs] = [me.things[kind], other.things[kind]];
  const known = new Set([...(mine?.own ?? []), ...(mine?.stale ?? [])]);
  const from = {
    own: mine?.own,
    stale: mine?.stale,
    // What has the same name in each tenant is the caller's: a revision's number.
    foreign: theirs?.own.filter((value) => !known.has(value)),
    "foreign-stale": theirs?.stale,
    guessed: [],
  }[owner];
  const value = pick(from ?? []);
  if (value !== undefined) return { owner, value };
  if (owner === "own") return { owner, value: exampleOf(route, "params", name) };
  return {
    owner: "guessed" as const,
    value: guessed(mine?.own.at(-1) ?? exampleOf(route, "params", name), random),
  };
}

/** Formed as an example is, and nobody's. */
export function guessed(example: string, random: () => number): string {
  const [id] = /^[a-z]{3}(?=_[0-9A-Z]{26}$)/.exec(example) ?? [];
  if (id !== undefined) return anId("user").replace("usr", id);
  if (example.includes("@")) return `guess-${Math.floor(random() * 1e9)}@example.com`;
  return `guess-${Math.floor(random() * 1e9)}`;
}

interface Fields {
  properties?: Record<string, { examples?: unknown[] }>;
  required?: string[];
}

const fieldsOf = (route: Route, part: "params" | "query"): Fields =>
  route[part] ? (toJsonSchema(route[part], "input", new Map()) as Fields) : {};

const exampleOf = (route: Route, part: "params" | "query", name: string): string => {
  const { properties = {} } = fieldsOf(route, part);
  return String(route.parameterExamples?.[name] ?? properties[name]?.examples?.[0] ?? "x");
};
