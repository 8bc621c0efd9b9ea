import type { AccessObject } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import {
  findProviderOf,
  type IdentityProvider,
  listProvidersOf,
  providerOf,
} from "../../store/identity-providers.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { present } from "../shared/catalogue.ts";
import { missing, tenantObject } from "../shared/objects.ts";

/** Of a URL: the tenant's name where the provider is a tenant's, the provider's name or id where one is meant. */
export interface Names {
  tenant?: string;
  provider?: string;
}

/** Whose providers they are. */
interface Owner {
  /** Null for the platform's. */
  tenantId: string | null;
  /** Path of the collection. */
  path: string;
}

export const collectionPath = (tenant: string | undefined): string =>
  tenant === undefined ? "/api/v1/identity-providers" : `/api/v1/tenants/${tenant}/identity-providers`;

/**
 * Asks can() on the platform, or on the tenant that a URL names.
 * @throws KubeNovaError KN-1102; KN-1200 where there is no such tenant or the principal may not know of it
 */
export async function openOwner(call: Call, { tenant, provider }: Names) {
  const db = directory(call.env);
  const wanted =
    provider === undefined
      ? listProvidersOf(db, tenant ?? null)
      : findProviderOf(db, tenant ?? null, provider);
  const [rows, tenants] = await call.read(
    db,
    tenant === undefined ? [wanted] : [wanted, findTenant(db, tenant)],
  );
  const found = (rows?.results ?? []).flatMap((row) => providerOf(row) ?? []);
  return { db, owner: authorizeOwner(call, tenant, tenants?.results[0]), found };
}

function authorizeOwner(
  call: Call,
  name: string | undefined,
  row: Record<string, unknown> | undefined,
): Owner {
  const path = collectionPath(name);
  if (name === undefined) {
    call.authorize({});
    return { tenantId: null, path };
  }
  const tenant = tenantOf(row);
  const object: AccessObject = tenant ? tenantObject(tenant) : {};
  call.authorize(object, missing("tenant", name));
  return { tenantId: present("tenant", name, tenant).id, path };
}

/** The same down to one provider. @throws KubeNovaError KN-1200 */
export async function openOne(call: Call, names: Required<Pick<Names, "provider">> & Names) {
  const { db, owner, found } = await openOwner(call, names);
  const [provider] = found;
  if (!provider) throw new KubeNovaError("KN-1200", `There is no identity provider '${names.provider}'.`);
  return { db, owner, provider };
}

/** What an event says of a provider: nothing secret, and all that decides whom it is believed about. */
export const providerState = ({
  id,
  name,
  issuer,
  clientId,
  clientSecret,
  scopes,
  groupsClaim,
  users,
  domains,
  trustEmail,
  enabled,
  version,
}: IdentityProvider) => ({
  id,
  name,
  issuer,
  clientId,
  hasClientSecret: clientSecret !== null,
  scopes,
  groupsClaim,
  users,
  domains,
  trustEmail,
  enabled,
  version,
});
