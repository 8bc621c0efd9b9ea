import { limitsOf } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { findKey, keyOf, type NamedKey } from "../../store/api-keys.ts";
import { directory } from "../../store/database.ts";
import type { KeyHome, KeyOwner, KeyParams } from "./homes.ts";

/** @throws KubeNovaError KN-1200, KN-1102 */
export async function readKey(call: Call, home: KeyHome): Promise<{ owner: KeyOwner; key: NamedKey }> {
  const db = directory(call.env);
  const owner = await home.open(call);
  const { key: id = "" } = call.params as KeyParams;
  const [rows] = await call.look(db, [findKey(db, owner.owner, id)]);
  const key = keyOf(rows?.results[0]);
  // What is good for one tenant alone, by that tenant's own provider, gets nobody a key for more.
  const { tenantId } = limitsOf(call.principal);
  if (!key || (tenantId !== undefined && key.tenantId !== tenantId))
    throw new KubeNovaError("KN-1200", `There is no key '${id}'.`);
  return { owner, key };
}

/** The list's path, with the names of the request in it. */
export function pathOf({ path }: KeyHome, call: Call): string {
  const { tenant = "", account = "" } = call.params as KeyParams;
  return path.replace("{tenant}", tenant).replace("{account}", account);
}
