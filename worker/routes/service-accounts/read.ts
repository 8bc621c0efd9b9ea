import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import type { NamedBinding } from "../../store/bindings.ts";
import { directory } from "../../store/database.ts";
import { bindingsOfSubject, heldBindings } from "../../store/members.ts";
import {
  countServiceAccounts,
  findServiceAccount,
  type ServiceAccount,
  serviceAccountOf,
} from "../../store/service-accounts.ts";
import { openHome, tenantStatement } from "../shared/home.ts";
import type { AccountParams } from "./homes.ts";
import { serviceAccountJson } from "./schema.ts";

export interface FoundAccount {
  /** Null: the platform's. */
  tenantId: string | null;
  account: ServiceAccount | undefined;
  /** How many its home has. */
  count: number;
}

/** Asks can() on the home, and looks for an account in it. @throws KubeNovaError KN-1200, KN-1102 */
export async function lookForAccount(call: Call, tenant: string | null, name: string): Promise<FoundAccount> {
  const db = directory(call.env);
  const [rows, counted, place] = await call.read(db, [
    findServiceAccount(db, tenant, name),
    countServiceAccounts(db, tenant),
    ...tenantStatement(call, tenant),
  ]);
  return {
    tenantId: openHome(call, tenant, place),
    account: serviceAccountOf(rows?.results[0]),
    count: Number(counted?.results[0]?.count),
  };
}

/** @throws KubeNovaError KN-1200, KN-1102 */
export async function readAccount(call: Call): Promise<{ tenantId: string | null; account: ServiceAccount }> {
  const { tenant = null, account: name = "" } = call.params as AccountParams;
  const { tenantId, account } = await lookForAccount(call, tenant, name);
  if (!account) throw new KubeNovaError("KN-1200", `There is no service account '${name}'.`);
  return { tenantId, account };
}

/** All that an account may do, by itself or by a team. */
export async function heldByAccount(call: Call, { id }: ServiceAccount): Promise<NamedBinding[]> {
  const db = directory(call.env);
  const [rows] = await call.look(db, [bindingsOfSubject(db, `service-account/${id}`)]);
  return heldBindings(rows?.results ?? []);
}

export const accountAnswer = (status: number, account: ServiceAccount): Answer => ({
  status,
  body: serviceAccountJson(account),
  etag: etagOf(account.version),
});

/** What events say of a service account. */
export const accountState = ({ id, name, state, version }: ServiceAccount) => ({ id, name, state, version });
