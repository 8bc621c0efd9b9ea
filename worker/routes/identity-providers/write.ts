import { KubeNovaError } from "../../../domain/errors/index.ts";
import { secretPlace } from "../../login/provider.ts";
import { assertOutboundUrl, outboundOf } from "../../outbound/guarded-fetch.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { sealer } from "../../sealing/index.ts";
import type { NewEvent } from "../../store/events.ts";
import type { IdentityProvider } from "../../store/identity-providers.ts";
import { providerState } from "./place.ts";
import { providerJson, type WriteProvider } from "./schema.ts";

export const providerAnswer = (call: Call, status: number, row: IdentityProvider): Answer => ({
  status,
  body: providerJson(row, new URL(call.request.url).origin),
  etag: etagOf(row.version),
});

/**
 * The row as it is to be written; a client secret is sealed on the way.
 * @throws KubeNovaError KN-1610 for an issuer that may not be asked, KN-1002 for rules that allow nobody
 */
export async function writtenRow(
  call: Call,
  row: Pick<IdentityProvider, "id" | "tenantId" | "name" | "version" | "createdAt" | "clientSecret">,
  { displayName, clientSecret, ...write }: WriteProvider,
): Promise<IdentityProvider> {
  assertOutboundUrl(outboundOf(call.env, row.tenantId), write.issuer);
  if (write.users === "domains" && write.domains.length === 0) {
    throw new KubeNovaError("KN-1002", "Where domains decide who may log in, there is one at least.", {
      issues: [{ path: "domains", message: "is empty" }],
    });
  }
  const sealed = clientSecret ? await sealer(call.env).seal(secretPlace(row), clientSecret) : null;
  return {
    ...row,
    ...write,
    displayName: displayName ?? null,
    clientSecret: clientSecret === undefined ? row.clientSecret : sealed,
    updatedAt: call.now,
  };
}

/** What is told of a change. */
export const providerEvent = (
  kind: "created" | "updated" | "deleted",
  before: IdentityProvider | undefined,
  after: IdentityProvider | undefined,
): NewEvent => {
  const row = (after ?? before) as IdentityProvider;
  return {
    type: "evt.access.changed",
    tenantId: row.tenantId,
    subject: `identity-provider/${row.id}`,
    data: {
      kind: `identity-provider-${kind}`,
      before: before ? providerState(before) : null,
      after: after ? providerState(after) : null,
    },
  };
};
