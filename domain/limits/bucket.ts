import { bindingsOf, limitsOf, type Principal } from "../access/principal.ts";

/** Whose limits a request counts to. */
export interface Bucket {
  /** Absent: to the principal's own alone. */
  tenantId?: string;
  /** The user, or the key where one was used. */
  principalId: string;
  /** Requests a minute, where the key has a figure of its own. */
  own?: number;
}

/**
 * A request to something of a tenant counts to that tenant where the principal belongs to it; a stranger's counts to
 * himself, so that nobody burns another's. Elsewhere it counts to the one tenant that the principal belongs to, or to
 * himself where there is none or more than one.
 *
 * @param ofPath the tenant that the path is about, by its id
 * @returns undefined for the holder of the installation's own key, who must get in when all else is full
 */
export function bucketOf(
  principal: Principal,
  ofPath: string | undefined,
  isOfTenant: boolean,
): Bucket | undefined {
  if (principal.kind === "platform-admin" || principal.kind === "anonymous") return undefined;
  const { requestsPerMinute } = limitsOf(principal);
  const bucket: Bucket = {
    principalId: principal.keyId ?? principal.id,
    ...(requestsPerMinute === undefined ? {} : { own: requestsPerMinute }),
  };
  const tenants = tenantsOf(principal);
  const [only] = tenants;
  const tenantId = isOfTenant ? ofPath : tenants.size === 1 ? only : undefined;
  return tenantId !== undefined && tenants.has(tenantId) ? { ...bucket, tenantId } : bucket;
}

/** Tenants that something was given in. */
function tenantsOf(principal: Principal): ReadonlySet<string> {
  const { tenantId } = limitsOf(principal);
  const given = bindingsOf(principal).flatMap(({ scope }) =>
    scope.level === "platform" || scope.level === "cluster" ? [] : [scope.tenantId],
  );
  return new Set(tenantId === undefined ? given : given.filter((each) => each === tenantId));
}
