import type { Method } from "../../../worker/routing/define.ts";

/** Values for one parameter of a path, in one tenant. */
export interface Values {
  /** What is there. */
  own: string[];
  /** What was there once, and is deleted. */
  stale: string[];
}

export interface Tenant {
  name: string;
  id: string;
  /** Of its owner, who has every right in it. */
  token: string;
  userId: string;
  sessionId: string;
  /** Stands in all that the tenant wrote down, and in no id or name that others could send. */
  marker: string;
  /** Ids and addresses of its rows: nobody else is ever sent them, unless he sent them first. */
  secrets: string[];
  /** By the parameter. No name is there in two tenants. */
  things: Record<string, Values>;
}

export type About = Omit<Tenant, "things" | "secrets">;

/** Whose a parameter of a path is: the caller's, another tenant's, what either has deleted, nobody's. */
export type Owner = "own" | "foreign" | "stale" | "foreign-stale" | "guessed";

/** Owners of a route's parameters in the order of its path. */
export type Case = readonly Owner[];

export interface Asked {
  method: Method;
  url: string;
  /** By parameter, the tenant-scoped ones alone: a value that nobody has stands as guessed. */
  owners: Record<string, Owner>;
  /** Values of the path. */
  values: string[];
}
