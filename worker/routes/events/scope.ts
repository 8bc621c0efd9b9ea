import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { findEventScope } from "../../store/event-queries.ts";
import { authorizeIn } from "../shared/place.ts";
import type { EventQuery } from "./schema.ts";

/**
 * Ids of the tenant and project that a query names, deleted ones too, once the caller may see them.
 * @throws KubeNovaError KN-1200 where there is none, KN-1102
 */
export async function scopeOf(
  call: Call<unknown, EventQuery>,
): Promise<{ tenantId?: string; projectId?: string }> {
  const { tenant, project } = call.query;
  if (tenant === undefined) {
    await call.identify();
    call.authorize({});
    return {};
  }
  const db = directory(call.env);
  const [found] = await call.read(db, [findEventScope(db, tenant, project)]);
  const row = found?.results[0] as { tenantId: string; projectId: string | null } | undefined;
  const projectId = row?.projectId ?? undefined;
  authorizeIn(
    call,
    { tenant, project },
    {
      tenant: row && { id: row.tenantId },
      project: row && projectId ? { id: projectId, tenantId: row.tenantId } : undefined,
    },
  );
  return { tenantId: row?.tenantId as string, ...(projectId === undefined ? {} : { projectId }) };
}
