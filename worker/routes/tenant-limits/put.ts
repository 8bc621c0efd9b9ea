import { sameJson } from "../../../domain/canonical/same.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory, tenantStub } from "../../store/database.ts";
import { findTenantLimits, tenantLimitsOf, writeTenantLimits } from "../../store/tenant-limits.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { present } from "../shared/catalogue.ts";
import { tenantParams } from "../tenants/schema.ts";
import { authorizeTenant } from "../tenants/write.ts";
import { limitsAnswer, limitsExample, limitsSchema, limitsWriteSchema, ownFigures } from "./schema.ts";

export const putTenantLimits = defineRoute({
  method: "put",
  path: "/api/v1/tenants/{tenant}/limits",
  operationId: "putTenantLimits",
  tag: "tenants",
  summary: "Set a tenant's limits",
  description:
    "For whoever runs the platform. A figure that the body leaves out is the installation's default again. New figures hold within a second or two.",
  action: "tenant:limit",
  params: tenantParams,
  body: { schema: limitsWriteSchema, example: { requestsPerMinute: 5_000 } },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The limits as they are now.",
      schema: limitsSchema,
      example: limitsExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const [found, limits] = await call.read(db, [
      findTenant(db, call.params.tenant),
      findTenantLimits(db, call.params.tenant),
    ]);
    const row = tenantOf(found?.results[0]);
    authorizeTenant(call, row);
    const tenant = present("tenant", call.params.tenant, row);
    const before = tenantLimitsOf(limits?.results[0]);
    call.checkPrecondition(before ?? { version: 0 });
    const { requestsPerMinute, principalRequestsPerMinute, streams, principalStreams } = call.body;
    const after = {
      id: tenant.id,
      requestsPerMinute: requestsPerMinute ?? null,
      principalRequestsPerMinute: principalRequestsPerMinute ?? null,
      streams: streams ?? null,
      principalStreams: principalStreams ?? null,
      version: (before?.version ?? 0) + 1,
      updatedAt: call.now,
    };
    const change = { before: ownFigures(before), after: ownFigures(after) };
    if (sameJson(change.before, change.after)) {
      return call.commit({ db, statements: [], events: [], answer: limitsAnswer(before) });
    }
    const answer = await call.commit({
      db,
      statements: writeTenantLimits(db, before, after),
      events: [
        {
          type: "evt.tenant.limits-changed",
          tenantId: tenant.id,
          subject: `tenant/${tenant.id}`,
          data: change,
        },
      ],
      answer: limitsAnswer(after),
    });
    // Where this is lost, the object reads the figures again within a minute.
    call.waitUntil(tenantStub(call.env, tenant.id).limitsChanged());
    return answer;
  },
});
