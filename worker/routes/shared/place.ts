import type { Call } from "../../routing/call.ts";
import type { App, Found, Project } from "../../store/paths.ts";
import { type TenantScope, tenantScope } from "../../store/scope.ts";
import type { Tenant } from "../../store/tenants.ts";
import { present } from "./catalogue.ts";

/** Names of a URL. */
export interface Names {
  tenant: string;
  project: string;
  app: string;
}

export interface TenantPlace {
  tenant: Tenant;
  scope: TenantScope;
}

export interface ProjectPlace extends TenantPlace {
  project: Project;
}

/**
 * Asks can() on the tenant that a URL names, then gives it.
 * @throws KubeNovaError KN-1200 where it is missing or deleted, or the principal may not know of it
 */
export function openTenant(call: Call, names: Pick<Names, "tenant">, found: Found): TenantPlace {
  call.authorize(found.tenant ? { tenantId: found.tenant.id } : {});
  const tenant = present("tenant", names.tenant, found.tenant);
  return { tenant, scope: tenantScope(call.env, tenant.id, tenant.region) };
}

/** The same down to a project that is not deleted. */
export function openProject(
  call: Call,
  names: Pick<Names, "tenant" | "project">,
  found: Found,
): ProjectPlace {
  const place = openTenant(call, names, found);
  return { ...place, project: present("project", names.project, found.project) };
}

export const openApp = (
  call: Call,
  names: Pick<Names, "tenant" | "project" | "app">,
  found: Found,
): ProjectPlace & { app: App } => ({
  ...openProject(call, names, found),
  app: present("app", names.app, found.app),
});
