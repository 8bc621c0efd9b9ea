import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { findEventScope } from "../../store/event-queries.ts";
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
    call.authorize({});
    return {};
  }
  const db = directory(call.env);
  const [found] = await call.read(db, [findEventScope(db, tenant, project)]);
  const row = found?.results[0] as { tenantId: string; projectId: string | null } | undefined;
  call.authorize(row ? { tenantId: row.tenantId } : {});
  if (!row) throw new KubeNovaError("KN-1200", `There is no tenant '${tenant}'.`);
  if (project === undefined) return { tenantId: row.tenantId };
  if (row.projectId === null) throw new KubeNovaError("KN-1200", `There is no project '${project}'.`);
  return { tenantId: row.tenantId, projectId: row.projectId };
}
