import type { Scope } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import type { Row } from "../../store/rows.ts";
import { type FoundScope, foundScope, type ScopeNames } from "../../store/scopes.ts";
import { clusterObject } from "../clusters/write.ts";
import { present } from "../shared/catalogue.ts";
import { missing } from "../shared/objects.ts";
import { openEnvironment, openProject, openTenant } from "../shared/place.ts";

/** Where something is given: its scope, by ids and by names. */
export interface GivenAt {
  /** Tenant that gives it; null for the platform. */
  tenantId: string | null;
  scope: Scope;
  /** Of a cluster: the tenant that owns it. */
  owner: string | null;
  names: ScopeNames;
}

/**
 * Asks can() on the innermost of what is named in a tenant.
 * @throws KubeNovaError KN-1200 where something is missing or deleted, or not to be seen; KN-1102
 */
export function openScope(call: Call, names: ScopeNames & { tenant: string }, row: Row | undefined): GivenAt {
  const found = foundScope(row);
  const { tenant, project, environment, cluster } = names;
  if (cluster !== undefined) return openClusterOfTenant(call, { tenant, cluster }, found);
  const at = (tenantId: string, scope: Scope): GivenAt => ({ tenantId, scope, owner: null, names });
  if (project === undefined) {
    const place = openTenant(call, { tenant }, found);
    return at(place.tenant.id, { level: "tenant", tenantId: place.tenant.id });
  }
  if (environment === undefined) {
    const place = openProject(call, { tenant, project }, found);
    const [tenantId, projectId] = [place.tenant.id, place.project.id];
    return at(tenantId, { level: "project", tenantId, projectId });
  }
  const place = openEnvironment(call, { tenant, project, environment }, found);
  const { id: environmentId } = present("environment", environment, found.environment);
  const [tenantId, projectId] = [place.tenant.id, place.project.id];
  return at(tenantId, { level: "environment", tenantId, projectId, environmentId });
}

/** A cluster that the tenant owns; the platform decides on the others. */
function openClusterOfTenant(
  call: Call,
  names: { tenant: string; cluster: string },
  found: FoundScope,
): GivenAt {
  const { tenant } = openTenant(call, names, found);
  const { cluster } = found;
  if (cluster?.ownerTenantId !== tenant.id || !call.can("cluster:get", clusterObject(cluster))) {
    throw new KubeNovaError("KN-1200", missing("cluster", names.cluster));
  }
  present("cluster", names.cluster, cluster);
  const scope: Scope = { level: "cluster", clusterId: cluster.id };
  return { tenantId: tenant.id, scope, owner: tenant.id, names };
}

/** The same at the platform, or on any cluster. */
export function openPlatformScope(
  call: Call,
  names: { cluster?: string | undefined },
  row: Row | undefined,
): GivenAt {
  call.authorize({});
  const at = { tenantId: null, names };
  if (names.cluster === undefined) return { ...at, scope: { level: "platform" }, owner: null };
  const { id, ownerTenantId } = present("cluster", names.cluster, foundScope(row).cluster);
  return { ...at, scope: { level: "cluster", clusterId: id }, owner: ownerTenantId };
}
