import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { auditStub } from "../../store/database.ts";
import { type Place, paramsAt, readLog } from "./place.ts";
import { entryIdSchema, sizeSchema } from "./schema.ts";

const HASH = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const hashSchema = z.base64();
const NO_SUCH_SIZE = "The log has no such number of entries, or the first is more than the second.";

export const proveAuditInclusion = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}:inclusion` as `/${string}`,
    operationId: `prove${place.suffix}AuditInclusion`,
    tag: "audit",
    summary: `Prove that an entry stands in ${place.whose} audit log`,
    description:
      "RFC 6962, section 2.1.1: with the leaf's hash these hashes make the root of the tree of that size.",
    action: `${place.kind}:get`,
    ...paramsAt(place),
    query: z.strictObject({
      entry: entryIdSchema,
      size: sizeSchema(
        "Number of leaves of the tree, as a checkpoint gives it; all where absent.",
        "42",
      ).optional(),
    }),
    answers: {
      200: {
        description: "The proof; hashes are in base 64.",
        schema: z
          .object({
            index: z.int(),
            size: z.int(),
            leafHash: hashSchema,
            rootHash: hashSchema,
            proof: z.array(hashSchema),
          })
          .meta({ id: "AuditInclusion" }),
        example: { index: 41, size: 42, leafHash: HASH, rootHash: HASH, proof: [HASH, HASH] },
      },
    },
    errors: ["KN-1200"],
    async handler(call) {
      const { log } = await readLog(call);
      const stub = auditStub(call.env, log);
      const [found, { size }] = await Promise.all([stub.find(call.query.entry), stub.head()]);
      if (!found) throw new KubeNovaError("KN-1200", "There is no such entry in this log.");
      const proof = await stub.inclusion(found.index, call.query.size ? Number(call.query.size) : size);
      if (!proof)
        throw new KubeNovaError("KN-1200", "The log has no such number of entries, or the entry came later.");
      return { status: 200, body: proof };
    },
  });

export const proveAuditConsistency = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}:consistency` as `/${string}`,
    operationId: `prove${place.suffix}AuditConsistency`,
    tag: "audit",
    summary: `Prove that ${place.whose} audit log continues what it was`,
    description: "RFC 6962, section 2.1.2: the tree of `from` leaves is the beginning of that of `to`.",
    action: `${place.kind}:get`,
    ...paramsAt(place),
    query: z.strictObject({
      from: sizeSchema("Leaves of the older tree, 1 at least.", "20"),
      to: sizeSchema("Leaves of the newer tree; all where absent.", "42").optional(),
    }),
    answers: {
      200: {
        description: "The proof; hashes are in base 64.",
        schema: z
          .object({
            from: z.int(),
            to: z.int(),
            fromHash: hashSchema,
            toHash: hashSchema,
            proof: z.array(hashSchema),
          })
          .meta({ id: "AuditConsistency" }),
        example: { from: 20, to: 42, fromHash: HASH, toHash: HASH, proof: [HASH, HASH] },
      },
    },
    errors: ["KN-1200"],
    async handler(call) {
      const { log } = await readLog(call);
      const stub = auditStub(call.env, log);
      const to = call.query.to ? Number(call.query.to) : (await stub.head()).size;
      const proof = await stub.consistency(Number(call.query.from), to);
      if (!proof) throw new KubeNovaError("KN-1200", NO_SUCH_SIZE);
      return { status: 200, body: proof };
    },
  });
