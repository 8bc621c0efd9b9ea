import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { Call } from "../../routing/call.ts";
import { findLog, type LogRow } from "../../store/audit-queries.ts";
import { directory } from "../../store/database.ts";
import { missing } from "../shared/objects.ts";

/** Each operation is there twice: on a tenant's log and on the platform's. */
export interface Place {
  path: string;
  /** `platform` or `tenant`: the end of each operation's id. */
  suffix: "Platform" | "Tenant";
  /** Kind of the permissions: the platform's log is no tenant's, whatever somebody may do there. */
  kind: "audit" | "platform-audit";
  /** Of whom, in a summary. */
  whose: string;
  params: z.ZodRawShape;
}

const tenantSchema = nameSchema.meta({ examples: ["acme"] });

export const PLACES: readonly Place[] = [
  {
    path: "/api/v1/tenants/{tenant}/audit",
    suffix: "Tenant",
    kind: "audit",
    whose: "a tenant's",
    params: { tenant: tenantSchema },
  },
  { path: "/api/v1/audit", suffix: "Platform", kind: "platform-audit", whose: "the platform's", params: {} },
];

/** The parameters of a place's path, with others. */
export const paramsAt = (place: Place, others: z.ZodRawShape = {}) => {
  const shape = { ...place.params, ...others };
  return Object.keys(shape).length > 0 ? { params: z.strictObject(shape) } : {};
};

/**
 * The log that a request is about, once the caller may see it; a deleted tenant's, too.
 * @throws KubeNovaError KN-1200, KN-1102
 */
export async function readLog<Q>(call: Call<unknown, Q>): Promise<LogRow> {
  const { tenant } = call.params as { tenant?: string };
  const db = directory(call.env);
  const [found] = await call.read(db, [findLog(db, tenant)]);
  const row = found?.results[0] as LogRow | undefined;
  const none = tenant === undefined ? undefined : missing("tenant", tenant);
  call.authorize(row?.tenantId ? { tenantId: row.tenantId } : {}, none);
  if (!row) throw new KubeNovaError("KN-1200", none);
  return row;
}
