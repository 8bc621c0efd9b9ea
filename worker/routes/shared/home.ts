import type { Call } from "../../routing/call.ts";
import { findTenantPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { openTenant } from "./place.ts";

/** Whose something is: a tenant's, or the platform's where its name is null. */

/** Asks can() on a tenant, or on the platform where it is null. @param found result of {@link tenantStatement} */
export function openHome(
  call: Call,
  tenant: string | null,
  found: D1Result<Record<string, unknown>> | undefined,
): string | null {
  if (tenant !== null) return openTenant(call, { tenant }, foundIn(found?.results[0])).tenant.id;
  call.authorize({});
  return null;
}

/** The statement that {@link openHome} reads; none for the platform. It comes last in a batch. */
export const tenantStatement = (call: Call, tenant: string | null): D1PreparedStatement[] =>
  tenant === null ? [] : [findTenantPath(tenantPath(call.env, tenant))];
