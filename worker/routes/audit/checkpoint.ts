import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { logKeys } from "../../audit/signers.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { auditStub } from "../../store/database.ts";
import { type Place, paramsAt, readLog } from "./place.ts";

const ORIGIN = "kubenova.example.com/audit/platform";

export const getAuditCheckpoint = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}:checkpoint` as `/${string}`,
    operationId: `get${place.suffix}AuditCheckpoint`,
    tag: "audit",
    summary: `Get the newest checkpoint of ${place.whose} audit log`,
    description:
      "A signed note (c2sp.org/tlog-checkpoint): the log's name, the number of its entries and the root of its tree. Keep it: the log can never be anything that does not continue it.",
    action: `${place.kind}:get`,
    ...paramsAt(place),
    answers: { 200: { description: "The checkpoint.", mediaType: "text/plain" } },
    errors: ["KN-1701"],
    async handler(call) {
      const { log } = await readLog(call);
      const head = await auditStub(call.env, log).checkpoint();
      if (!head) throw new KubeNovaError("KN-1200", "This log has no entry yet.");
      if ("refused" in head) throw new KubeNovaError("KN-1701", undefined, { reason: head.refused });
      return new Response(head.note, { headers: { "Content-Type": "text/plain; charset=utf-8" } });
    },
  });

export const listAuditKeys = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}:keys` as `/${string}`,
    operationId: `list${place.suffix}AuditKeys`,
    tag: "audit",
    summary: `List the public keys of ${place.whose} audit log`,
    description:
      "What its checkpoints are verified with. Each checkpoint is signed by all of them, so that a key may be replaced without a gap.",
    action: `${place.kind}:get`,
    ...paramsAt(place),
    answers: {
      200: {
        description: "The keys, the newest last.",
        schema: z
          .object({
            origin: z.string(),
            keys: z.array(z.object({ verifier: z.string(), primary: z.boolean() })),
          })
          .meta({ id: "AuditKeys" }),
        example: {
          origin: ORIGIN,
          keys: [
            { verifier: `${ORIGIN}+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW`, primary: true },
          ],
        },
      },
    },
    async handler(call) {
      const { log } = await readLog(call);
      const { origin } = await auditStub(call.env, log).head();
      const keys = await logKeys(call.env, origin);
      return {
        status: 200,
        body: { origin, keys: keys.map(({ verifier, primary }) => ({ verifier, primary })) },
      };
    },
  });
