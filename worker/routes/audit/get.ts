import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { auditStub } from "../../store/database.ts";
import { type Place, paramsAt, readLog } from "./place.ts";
import { entriesJson, entryExample, entryIdSchema, entrySchema } from "./schema.ts";

export const getAuditEntry = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}/{entry}` as `/${string}`,
    operationId: `get${place.suffix}AuditEntry`,
    tag: "audit",
    summary: `Get an entry of ${place.whose} audit log`,
    description:
      "Without `index` and `address` it is what was hashed: its canonical JSON is the leaf of the tree.",
    action: `${place.kind}:get`,
    ...paramsAt(place, { entry: entryIdSchema }),
    answers: { 200: { description: "The entry.", schema: entrySchema, example: entryExample } },
    async handler(call) {
      const { log } = await readLog(call);
      const { entry } = call.params as unknown as { entry: string };
      const found = await auditStub(call.env, log).find(entry);
      if (!found) throw new KubeNovaError("KN-1200", "There is no such entry in this log.");
      const [revealed] = await entriesJson(call.env, [found]);
      return { status: 200, body: revealed };
    },
  });
