import type { Env } from "../env.ts";
import { databaseFor } from "./database.ts";

declare const brand: unique symbol;

/**
 * The tenant that a query is held to. A function that reads or writes what a tenant owns takes one of these two
 * values, and only the functions below make them: such a query cannot be written without its tenant.
 */
export interface TenantScope {
  readonly [brand]: "tenant";
  readonly db: D1Database;
  readonly tenantId: string;
  readonly region: string;
}

/** A tenant by the name in a URL, before its row is known: lookups join through it. */
export interface TenantPath {
  readonly [brand]: "path";
  readonly db: D1Database;
  readonly tenant: string;
}

export const tenantScope = (env: Env, tenantId: string, region: string): TenantScope =>
  ({ db: databaseFor(env, { id: tenantId, region }), tenantId, region }) as TenantScope;

export const tenantPath = (env: Env, tenant: string): TenantPath =>
  ({ db: databaseFor(env, { name: tenant }), tenant }) as TenantPath;
