import { env } from "cloudflare:workers";
import { allAppended } from "../audit.ts";
import { givenTenantUser } from "../principals.ts";
import { done } from "./done.ts";
import type { About, Tenant, Values } from "./types.ts";

type Made = Record<string, unknown>;

/** By the tenant's owner. */
const make = ({ token }: About, path: string, body: unknown = {}) => done("POST", path, { token, body });
const end = ({ token }: About, path: string) => done("DELETE", path, { token });

/** Who there is in a tenant and what they are given: of each kind one that is there, and one that has ended. */
export async function givenAccess(me: About, i: number): Promise<Tenant["things"]> {
  const at = `/tenants/${me.name}`;
  const people = await givenPeople(me, i);
  const machines = await givenMachines(me, i);
  const teams = await givenPair(me, `${at}/teams`, [`crew-${i}`, `dissolved-${i}`]);
  await make(me, `${at}/teams/crew-${i}/members`, { kind: "user", id: people.user?.own[0] });
  await make(me, `${at}/teams/crew-${i}/members`, { kind: "service-account", name: `robot-${i}` });
  const permissions = ["app:get"];
  const roles = await givenPair(me, `${at}/roles`, [`custom-${i}`, `former-${i}`], { permissions });
  const issuer = `https://issuer-${i}.example.com/${me.marker}`;
  const provider = { issuer, clientId: me.marker, clientSecret: me.marker };
  const names = [`idp-${i}`, `dropped-${i}`] as const;
  return {
    ...people,
    ...machines,
    team: teams.names,
    teamId: teams.ids,
    role: roles.names,
    provider: both(await givenPair(me, `${at}/identity-providers`, names, provider)),
    member: { own: [...(people.user?.own ?? []), ...(machines.accountId?.own ?? [])], stale: [] },
    binding: await givenBindings(me, i),
    ...(await givenPromises(me, i)),
    session: { own: [me.sessionId], stale: [] },
    entry: await givenEntries(me),
  };
}

const pair = (own: unknown, stale: unknown): Values => ({ own: [String(own)], stale: [String(stale)] });
const both = ({ names, ids }: { names: Values; ids: Values }): Values => ({
  own: [...names.own, ...ids.own],
  stale: [...names.stale, ...ids.stale],
});

/** Two of a kind by their names, the second deleted. */
async function givenPair(me: About, path: string, [own, stale]: readonly [string, string], more: Made = {}) {
  const made = [];
  for (const name of [own, stale]) made.push(await make(me, path, { name, displayName: me.marker, ...more }));
  await end(me, `${path}/${stale}${path.endsWith("/identity-providers") ? `?confirm=${stale}` : ""}`);
  return { names: pair(own, stale), ids: pair(made[0]?.id, made[1]?.id) };
}

/** A member of the tenant's own realm, and one who was removed. */
async function givenPeople(me: About, i: number): Promise<Tenant["things"]> {
  const [member, removed] = [await givenTenantUser(me.id), await givenTenantUser(me.id)];
  // Others send them, so the marker is not in them.
  const emails = [`ada-${i}@people.example.com`, `bob-${i}@people.example.com`] as const;
  for (const [at, { id }] of [member, removed].entries()) {
    await env.DB.prepare("UPDATE users SET email = ?, display_name = ? WHERE id = ?")
      .bind(emails[at], me.marker, id)
      .run();
  }
  await end(me, `/tenants/${me.name}/members/${removed.id}`);
  return { user: pair(member.id, removed.id), email: pair(...emails) };
}

async function givenMachines(me: About, i: number): Promise<Tenant["things"]> {
  const path = `/tenants/${me.name}/service-accounts`;
  const { names, ids } = await givenPair(me, path, [`robot-${i}`, `scrapped-${i}`]);
  const keys = `${path}/robot-${i}/keys`;
  const [key, mine] = [
    await givenEnding(me, keys, { name: "ci" }),
    await givenEnding(me, "/me/keys", { name: "ci" }),
  ];
  return { account: names, accountId: ids, key, myKey: mine };
}

/** Two by their ids, the second revoked. */
async function givenEnding(me: About, path: string, body: Made, other = body): Promise<Values> {
  const [own, stale] = [await make(me, path, body), await make(me, path, other)];
  await end(me, `${path}/${stale.id}`);
  return pair(own.id, stale.id);
}

const givenBindings = (me: About, i: number): Promise<Values> => {
  const subject = { kind: "team", name: `crew-${i}` };
  return givenEnding(
    me,
    `/tenants/${me.name}/bindings`,
    { subject, role: `custom-${i}` },
    { subject, role: "billing" },
  );
};

/** What lets somebody in: a person, a cluster's agent. */
async function givenPromises(me: About, i: number): Promise<Tenant["things"]> {
  const [eve, mallory] = [`eve@${me.marker}.example.com`, `mallory@${me.marker}.example.com`];
  const invitations = `/tenants/${me.name}/invitations`;
  return {
    invitation: await givenEnding(me, invitations, { email: eve }, { email: mallory }),
    token: await givenEnding(me, `/clusters/cluster-${i}/join-tokens`, {}),
  };
}

async function givenEntries({ name, token }: About): Promise<Values> {
  await allAppended();
  const { items } = await done("GET", `/tenants/${name}/audit`, { token });
  return { own: (items as { id: string }[]).map(({ id }) => id), stale: [] };
}
