import type { ApiClient } from "../../lib/api.ts";
import type { Manager } from "../../manager/start.ts";
import type { Known } from "./known.ts";
import { entriesOf, machinesAt, numbered, providersAt } from "./made.ts";
import { Visitor } from "./visitor.ts";

export interface Access {
  known: Known;
  /** By operation, a body that is right once. */
  bodies: Record<string, unknown>;
  /** Somebody for the operations that are about the caller himself. */
  visitor: Visitor;
}

/** Operations that the installation's administrator, who is no user, cannot do. */
export const isOfPerson = (operationId: string): boolean =>
  /My(Key|Session)|acceptInvitation/.test(operationId);

const EMAIL = "ada@acme.example";
const ACME = "/api/v1/tenants/acme";
const DEPLOYER = { kind: "service-account", name: "deployer" } as const;

/** All that decides who may do what, with enough of it to be taken away. @param oidc host and port of providers */
export async function makeAccess(api: ApiClient, manager: Manager, oidc: string): Promise<Access> {
  const ofPlatform = await providersAt(api, "/api/v1", oidc);
  const ofTenant = await providersAt(api, ACME, oidc);
  const visitor = await Visitor.comeBy(manager, ofPlatform.id, EMAIL);
  const machines = await machinesAt(api, ACME);
  return {
    known: [
      [/^startLogin$/, { provider: [ofPlatform.id] }],
      ...ofTenant.known("OfTenant"),
      ...ofPlatform.known(""),
      ...(await ofVisitor(visitor, () => Visitor.comeBy(manager, ofPlatform.id, EMAIL))),
      ...(await machinesAt(api, "/api/v1")).known("Platform"),
      ...machines.known(""),
      ...(await groupsIn(api, machines.ids)),
      ...(await peopleIn(api, (who) => Visitor.comeBy(manager, ofTenant.id, who))),
      [/Platform.*Audit/, { entry: await entriesOf(api, "/api/v1") }],
      [/Tenant.*Audit/, { entry: await entriesOf(api, ACME) }],
    ],
    bodies: {
      createBinding: { subject: DEPLOYER, role: "developer" },
      createPlatformBinding: { subject: DEPLOYER, role: "platform-ops" },
      addTeamMember: DEPLOYER,
      acceptInvitation: { token: (await invite(api, EMAIL)).token },
      refreshLogin: { refreshToken: await visitor.refreshToken() },
      finishDeviceLogin: { deviceCode: await visitor.letIn() },
    },
    visitor,
  };
}

const invite = async (api: ApiClient, email: string) =>
  (
    await api.post<{ id: string; token: string }>(`${ACME}/invitations`, {
      email,
      grants: [{ role: "viewer" }],
    })
  ).body;

async function ofVisitor(visitor: Visitor, again: () => Promise<Visitor>): Promise<Known> {
  for (let n = 0; n < 4; n++) await again();
  const make = (name: string) => visitor.ask<{ id: string }>("POST", "/api/v1/me/keys", { name });
  const keys = (await numbered("mine", make)).map(({ id }) => id);
  return [
    [/MySession/, { session: await visitor.others() }],
    [/^getMyKey/, { key: keys.slice(-1) }],
    [/MyKey/, { key: keys.slice(0, -1) }],
  ];
}

/** Teams of machines, and bindings of them. @param machines ids of service accounts `deployer-…` */
async function groupsIn(api: ApiClient, machines: string[]): Promise<Known> {
  const make = async (name: string) =>
    (await api.post<{ name: string }>(`${ACME}/teams`, { name })).body.name;
  const payments = await make("payments");
  const teams = await numbered("team", make);
  for (const n of machines.keys())
    await api.post(`${ACME}/teams/payments/members`, { ...DEPLOYER, name: `deployer-${n}` });
  const bind = (home: string, role: string) => async (name: string) => {
    const subject = { ...DEPLOYER, name: name.replace("binding", "deployer") };
    return (await api.post<{ id: string }>(`${home}/bindings`, { subject, role })).body.id;
  };
  const ofPlatform = await numbered("binding", bind("/api/v1", "platform-ops"));
  const bindings = await numbered("binding", bind(ACME, "viewer"));
  return [
    [/^(delete|patch)Team$/, { team: teams }],
    [/Team/, { team: [payments], member: machines }],
    [/^deletePlatformBinding$/, { binding: ofPlatform.slice(1) }],
    [/PlatformBinding$/, { binding: ofPlatform.slice(0, 1) }],
    [/^deleteBinding$/, { binding: bindings.slice(1) }],
    [/Binding$/, { binding: bindings.slice(0, 1) }],
  ];
}

/** Users, members and guests. @param join makes a member */
async function peopleIn(api: ApiClient, join: (email: string) => Promise<Visitor>): Promise<Known> {
  for (let n = 0; n < 4; n++) await join(`member-${n}@acme.example`);
  const { body } = await api.get<{ items: { id: string }[] }>(`${ACME}/members`);
  const members = body.items.map(({ id }) => id);
  const make = async (name: string) =>
    (await api.post<{ id: string }>("/api/v1/users", { email: `${name}@acme.example` })).body.id;
  const users = await numbered("user", make);
  const leavers = await numbered("leaver", make);
  for (const id of leavers) await api.patch(`/api/v1/users/${id}`, { state: "disabled" });
  const guests = await numbered("guest", async (name) => (await invite(api, `${name}@acme.example`)).id);
  return [
    [/^removeMember$/, { user: members.slice(1) }],
    [/Member$/, { user: members.slice(0, 1) }],
    [/^forgetUser$/, { user: leavers, confirm: leavers }],
    [/^patchUser$/, { user: users.slice(1) }],
    [/User$/, { user: users.slice(0, 1) }],
    [/^revokeInvitation$/, { invitation: guests.slice(1) }],
    [/Invitation$/, { invitation: guests.slice(0, 1) }],
  ];
}
