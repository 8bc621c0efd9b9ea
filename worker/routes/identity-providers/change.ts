import { mergePatch } from "../../../domain/canonical/merge-patch.ts";
import { sameJson } from "../../../domain/canonical/same.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { validate } from "../../routing/validate.ts";
import {
  deleteProvider,
  endSessionsOf,
  type IdentityProvider,
  updateProvider,
} from "../../store/identity-providers.ts";
import { guardOne } from "../../store/rows.ts";
import { confirmed, confirmQuery } from "../shared/catalogue.ts";
import { notThere } from "../shared/giving.ts";
import { providerExample } from "./examples.ts";
import type { Level } from "./level.ts";
import { mayActOnPeople } from "./people.ts";
import { openOne } from "./place.ts";
import { patchProviderSchema, providerSchema, type WriteProvider, writeProviderSchema } from "./schema.ts";
import { providerAnswer, providerEvent, writtenRow } from "./write.ts";

const patchRoute = (level: Level): Route =>
  defineRoute({
    method: "patch",
    path: `${level.collection}/{provider}`,
    operationId: `patchIdentityProvider${level.suffix}`,
    tag: "identity-providers",
    summary: `Change one of ${level.whose} identity providers`,
    description:
      "A JSON Merge Patch (RFC 7396). Another issuer makes its people strangers: who they were at the old one counts no more. It ends all logins by the provider, as another `groupsClaim` does and `enabled: false`. With another issuer comes its `clientSecret`, or null: the former one is not sent there. Whoever changes more than `displayName` must hold all that its people and groups have.",
    action: level.actions.update,
    params: level.one,
    body: { schema: patchProviderSchema, example: { enabled: false }, mediaTypes: MERGE_PATCH_TYPES },
    conditional: ["If-Match"],
    answers: {
      200: {
        description: "The provider as it is now.",
        schema: providerSchema,
        example: providerExample,
        headers: ["ETag"],
      },
    },
    errors: ["KN-1130", "KN-1305", "KN-1610"],
    async handler(call) {
      const { db, provider: before } = await openOne(call, call.params);
      call.checkPrecondition(before);
      const { clientSecret, ...patch } = call.body;
      const merged = mergePatch(writtenFields(before), patch) as Record<string, unknown>;
      const secret = clientSecret === undefined ? {} : { clientSecret };
      const write = validate(writeProviderSchema, { ...merged, ...secret }, "body");
      if (clientSecret === undefined) mayKeepSecret(before, write);
      const after = { ...(await writtenRow(call, before, write)), version: before.version + 1 };
      if (clientSecret === undefined && sameJson(writtenFields(after), writtenFields(before))) {
        return call.commit({ db, statements: [], events: [], answer: providerAnswer(call, 200, before) });
      }
      const guards = await guardsOf(call, before, after, clientSecret !== undefined);
      return call.commit({
        db,
        statements: [
          ...updateProvider(db, before, after),
          ...guards,
          ...(speaksOtherwise(before, after) ? [endSessionsOf(db, before.id, call.now)] : []),
        ],
        events: [providerEvent("updated", before, after)],
        answer: providerAnswer(call, 200, after),
      });
    },
  });

/** A secret that nobody is shown goes to no other issuer, just since that is now named. @throws KubeNovaError KN-1002 */
function mayKeepSecret(before: IdentityProvider, { issuer }: WriteProvider): void {
  if (before.clientSecret === null || issuer === before.issuer) return;
  const message = `it was given for ${before.issuer}; for another issuer give it anew, or null for none`;
  throw notThere("clientSecret", message);
}

/** What must hold in the batch, once whoever changes more than a label holds what its people have. @throws KubeNovaError KN-1130 */
async function guardsOf(
  call: Call,
  before: IdentityProvider,
  after: IdentityProvider,
  isNewSecret: boolean,
): Promise<D1PreparedStatement[]> {
  const { displayName } = after;
  if (!isNewSecret && sameJson(writtenFields(after), writtenFields({ ...before, displayName }))) return [];
  const { enabled } = after;
  const isOnlyEnded =
    !enabled &&
    !isNewSecret &&
    sameJson(writtenFields(after), writtenFields({ ...before, displayName, enabled }));
  return [await mayActOnPeople(call, before, isOnlyEnded ? "takes" : "gives")];
}

/** Whether what the provider said of those who are logged in by it counts no more. */
const speaksOtherwise = (before: IdentityProvider, after: IdentityProvider): boolean =>
  after.issuer !== before.issuer ||
  after.groupsClaim !== before.groupsClaim ||
  (before.enabled && !after.enabled);

/** What a merge patch starts from: all that can be written but the secret, which nobody can read. */
const writtenFields = (row: IdentityProvider) => ({
  ...(row.displayName === null ? {} : { displayName: row.displayName }),
  issuer: row.issuer,
  clientId: row.clientId,
  scopes: row.scopes,
  groupsClaim: row.groupsClaim,
  users: row.users,
  domains: row.domains,
  trustEmail: row.trustEmail,
  enabled: row.enabled,
});

const deleteRoute = (level: Level): Route =>
  defineRoute({
    method: "delete",
    path: `${level.collection}/{provider}`,
    operationId: `deleteIdentityProvider${level.suffix}`,
    tag: "identity-providers",
    summary: `Delete one of ${level.whose} identity providers`,
    description:
      "All logins by it end at once. Users stay, without this way in. Whoever deletes it must hold all that they and its groups have.",
    action: level.actions.delete,
    params: level.one,
    query: confirmQuery("google"),
    answers: { 204: { description: "It is gone." } },
    errors: ["KN-1008", "KN-1130"],
    async handler(call) {
      const { db, provider } = await openOne(call, call.params);
      confirmed(provider.name, call.query.confirm);
      const stands = await mayActOnPeople(call, provider, "takes");
      const [remove, ...others] = deleteProvider(db, provider.id, call.now);
      return call.commit({
        db,
        statements: [remove as D1PreparedStatement, guardOne(db), stands, ...others],
        events: [providerEvent("deleted", provider, undefined)],
        answer: { status: 204 },
      });
    },
  });

export const changeRoutes = (level: Level): Route[] => [patchRoute(level), deleteRoute(level)];
