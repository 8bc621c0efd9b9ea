import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { findProviderOf, providerOf } from "../../store/identity-providers.ts";
import { bindingsOfSubject, heldAnywhereStands, heldBindings } from "../../store/members.ts";
import type { User } from "../../store/users.ts";
import { mayPass } from "../bindings/take.ts";
import { notThere } from "../shared/giving.ts";

/**
 * By which provider a user may be opened by his address from now on, and what must then hold in the batch. Whoever has a
 * say in that provider could come as him: so who announces it must hold all that he has, for as long.
 * @param realm name of his realm's tenant; null for the platform's
 * @throws KubeNovaError KN-1002 for a provider that is not his realm's, KN-1130
 */
export async function relinking(
  call: Call<unknown, unknown, { relinkTo?: string | null | undefined }>,
  before: Pick<User, "id" | "relinkTo">,
  realm: string | null,
): Promise<{ relinkTo: string | null; guards: D1PreparedStatement[] }> {
  const wanted = call.body.relinkTo;
  if (wanted === undefined || wanted === before.relinkTo) return { relinkTo: before.relinkTo, guards: [] };
  const db = directory(call.env);
  const subject = `user/${before.id}`;
  const [providers, bindings] = await call.look(db, [
    findProviderOf(db, realm, wanted ?? ""),
    bindingsOfSubject(db, subject),
  ]);
  const provider = providerOf(providers?.results[0]);
  if (wanted !== null && !provider)
    throw notThere("relinkTo", `there is no identity provider '${wanted}' of his realm`);
  const held = heldBindings(bindings?.results ?? []);
  for (const binding of held) mayPass(call, binding);
  return { relinkTo: provider?.id ?? null, guards: [heldAnywhereStands(db, subject, held)] };
}
