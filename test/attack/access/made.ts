import type { ApiClient } from "../../lib/api.ts";
import { until } from "../../lib/until.ts";
import { CLIENT_ID, CLIENT_SECRET } from "../../services/oidc-issuer.ts";
import { newIssuer } from "../../services/oidc-provider.ts";
import type { Known } from "./known.ts";

/** Of what an attack may use up, so many: each can be taken once. */
const SPARES = 12;
/** The documented example of a tree's size: there are proofs of the first entries in it. */
const TREE_SIZE = 42;

/** Makes `<what>-0` and so on. */
export const numbered = <T>(what: string, make: (name: string) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: SPARES }, (_, n) => make(`${what}-${n}`)));

/** A provider of everybody that stays as it is, and others to change and to delete. @param home `/api/v1`, or a tenant's */
export async function providersAt(api: ApiClient, home: string, oidc: string) {
  const fields = {
    issuer: await newIssuer(oidc),
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    users: "everyone",
  };
  const make = async (name: string) =>
    (await api.post<{ id: string; name: string }>(`${home}/identity-providers`, { name, ...fields })).body;
  const { id } = await make("company");
  const spares = (await numbered("provider", make)).map(({ name }) => name);
  const known = (suffix: string): Known => [
    [new RegExp(`^(patch|delete)IdentityProvider${suffix}$`), { provider: spares, confirm: spares }],
    [new RegExp(`IdentityProvider${suffix}$`), { provider: ["company"] }],
  ];
  return { id, known };
}

/** Service accounts, of which `deployer` has keys. @returns ids of `deployer-0` … that stay */
export async function machinesAt(api: ApiClient, home: string) {
  const path = `${home}/service-accounts`;
  const make = async (name: string) => (await api.post<{ id: string }>(path, { name })).body.id;
  await make("deployer");
  const ids = await numbered("deployer", make);
  const stay = SPARES / 2;
  const spares = ids.map((_, n) => `deployer-${n}`).slice(stay);
  const keys = await numbered("key", async (name) => {
    const body = { name, permissions: ["app:get"] };
    return (await api.post<{ id: string }>(`${path}/deployer/keys`, body)).body.id;
  });
  const known = (infix: string): Known => [
    [new RegExp(`^get${infix}ServiceAccountKey$`), { account: ["deployer"], key: keys.slice(-1) }],
    [new RegExp(`${infix}ServiceAccountKey`), { account: ["deployer"], key: keys.slice(0, -1) }],
    [new RegExp(`^(patch|delete)${infix}ServiceAccount$`), { account: spares }],
    [new RegExp(`${infix}ServiceAccount$`), { account: ["deployer"] }],
  ];
  return { ids: ids.slice(0, stay), known };
}

/** Ids of a log's first entries, once they stand in it. */
export async function entriesOf(api: ApiClient, home: string): Promise<string[]> {
  const path = `${home}/audit?limit=${TREE_SIZE}&cursor=${TREE_SIZE}`;
  const first = await until("the audit log has entries", async () => {
    const { body } = await api.get<{ items: { id: string }[] }>(path);
    return body.items.length === TREE_SIZE && body.items;
  });
  return first.map(({ id }) => id);
}
