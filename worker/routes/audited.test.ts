import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { auditEntrySchema } from "../../domain/audit/entry.ts";
import type { LoggedEntry } from "../../domain/audit/leaf.ts";
import { type AgentIdentity, enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api } from "../../test/workerd/api.ts";
import { allAppended, entriesOf, lastNumbers, loggedIn } from "../../test/workerd/audit.ts";
import { imageSpec } from "../../test/workerd/catalogue.ts";
import { givenMember, givenTenantUser, givenUser } from "../../test/workerd/principals.ts";
import { anId } from "../../test/workerd/seed.ts";
import type { Route } from "../routing/define.ts";
import { insertRow } from "../store/rows.ts";
import { deadLetters } from "../store/schema/index.ts";
import { routes } from "./index.ts";

/** Each mutation has one actor, one audit entry and one correlation id (invariant 8): walks every route that changes something. */

/** Routes that leave no event, and why. */
const EXCEPTIONS: Record<string, string> = {
  refreshLogin: "a login goes on: its token is exchanged, who it is and may do stays",
  startDeviceLogin: "nobody is known yet: a row waits ten minutes for a person's word",
  finishDeviceLogin: "a login, which the audit log has: nobody's access changes by it",
  logout: "worker/routes/auth/refresh.test.ts: it needs a login, as the next ones do",
  revokeMySession: "worker/routes/auth/refresh.test.ts",
  decideDeviceLogin: "worker/routes/device/device.test.ts",
  testIdentityProvider: "changes nothing: a discovery document is read",
  testIdentityProviderOfTenant: "as testIdentityProvider",
  createMyKey: "worker/routes/api-keys/api-keys.test.ts: a person's own, who is logged in",
  rotateMyKey: "as createMyKey",
  revokeMyKey: "as createMyKey",
  acceptInvitation: "done by whoever is invited, never by the installation's key: see invitations.test.ts",
  testTenantAuditSink: "changes nothing: one request goes out",
  testPlatformAuditSink: "as testTenantAuditSink",
  postService: "goes through to the cluster, whose API server and service keep their own log",
  putService: "as postService",
  patchService: "as postService",
  deleteService: "as postService",
  renderApp: "changes nothing: the cluster's agent renders, and nobody applies",
};

interface Step {
  method: string;
  path: string;
  body?: unknown;
}

const ACME = "/tenants/acme";
const SHOP = `${ACME}/projects/shop`;
const WEB = `${SHOP}/apps/web`;
const STAGING = `${SHOP}/environments/staging`;
const ORPHAN = "release/rel_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
const spec = (tag: string) => ({ spec: imageSpec(`registry.local/web:${tag}`) });
const post = (path: string, body?: unknown): Step => ({ method: "POST", path, body });
const put = (path: string, body: unknown): Step => ({ method: "PUT", path, body });
const patch = (path: string, body: unknown): Step => ({ method: "PATCH", path, body });
const remove = (path: string): Step => ({ method: "DELETE", path });

const PROVIDERS = "/identity-providers";
const idp = { name: "one", issuer: "https://accounts.google.com", clientId: "x", clientSecret: "y" };

const sink = { url: "https://siem.example.com/in", format: "jsonl" };

let identity: AgentIdentity;
let deadIds: string[];
let tokenId: string;
let leaver: string;
let memberId: string;
let teamMember: string;
/** What the step before has made. */
let made: string;

/** One successful call of each, in an order in which each changes something. */
const STEPS: Record<string, () => Step> = {
  createToken: () => post("/auth/token", { key: env.PLATFORM_ADMIN_KEY }),
  createIdentityProvider: () => post(PROVIDERS, idp),
  patchIdentityProvider: () => patch(`${PROVIDERS}/one`, { enabled: false }),
  deleteIdentityProvider: () => remove(`${PROVIDERS}/one?confirm=one`),
  createTenant: () => post("/tenants", { name: "acme" }),
  putTenant: () => put(ACME, { displayName: "Acme" }),
  patchTenant: () => patch(ACME, { displayName: "ACME" }),
  putTenantLimits: () => put(`${ACME}/limits`, { streams: 9 }),
  putPlan: () => put("/plans/team", { limits: { streams: 9 } }),
  deletePlan: () => remove("/plans/team"),
  createIdentityProviderOfTenant: () => post(`${ACME}${PROVIDERS}`, idp),
  patchIdentityProviderOfTenant: () => patch(`${ACME}${PROVIDERS}/one`, { enabled: false }),
  deleteIdentityProviderOfTenant: () => remove(`${ACME}${PROVIDERS}/one?confirm=one`),
  putTenantAuditRetention: () => put(`${ACME}/audit/retention`, { retentionDays: 400 }),
  putPlatformAuditRetention: () => put("/audit/retention", { retentionDays: 400 }),
  putTenantAuditSink: () => put(`${ACME}/audit/sink`, sink),
  deleteTenantAuditSink: () => remove(`${ACME}/audit/sink`),
  putPlatformAuditSink: () => put("/audit/sink", sink),
  deletePlatformAuditSink: () => remove("/audit/sink"),
  createProject: () => post(`${ACME}/projects`, { name: "shop" }),
  putProject: () => put(SHOP, { displayName: "Shop" }),
  patchProject: () => patch(SHOP, { displayName: "SHOP" }),
  createEnvironment: () => post(`${SHOP}/environments`, { name: "staging" }),
  putEnvironment: () => put(STAGING, { labels: { a: "1" } }),
  patchEnvironment: () => patch(STAGING, { placement: { cluster: identity.name } }),
  createApp: () => post(`${SHOP}/apps`, { name: "web", ...spec("1") }),
  putApp: () => put(WEB, spec("2")),
  patchApp: () => patch(WEB, { labels: { a: "1" } }),
  rollbackRelease: () => post(`${WEB}/releases/staging:rollback`, {}),
  deployRelease: () => post(`${WEB}/releases/staging`, { revision: "latest" }),
  deleteApp: () => remove(WEB),
  restoreApp: () => post(`${WEB}:restore`),
  deleteEnvironment: () => remove(`${STAGING}?confirm=staging`),
  restoreEnvironment: () => post(`${STAGING}:restore`),
  createUser: () => post("/users", { email: "ada@example.com" }),
  patchUser: () => patch(`/users/${made}`, { displayName: "Ada" }),
  patchMember: () => patch(`${ACME}/members/${memberId}`, { displayName: "Ada" }),
  removeMember: () => remove(`${ACME}/members/${memberId}`),
  createInvitation: () => post(`${ACME}/invitations`, { email: "ada@example.com" }),
  revokeInvitation: () => remove(`${ACME}/invitations/${made}`),
  createPlatformInvitation: () =>
    post("/invitations", { email: "ada@example.com", grants: [{ role: "platform-ops" }] }),
  revokePlatformInvitation: () => remove(`/invitations/${made}`),
  createTeam: () => post(`${ACME}/teams`, { name: "payments" }),
  patchTeam: () => patch(`${ACME}/teams/payments`, { displayName: "Payments" }),
  createServiceAccount: () => post(`${ACME}/service-accounts`, { name: "ci" }),
  patchServiceAccount: () => patch(`${ACME}/service-accounts/ci`, { displayName: "CI" }),
  addTeamMember: () => post(`${ACME}/teams/payments/members`, { kind: "service-account", name: "ci" }),
  removeTeamMember: () => remove(`${ACME}/teams/payments/members/${teamMember}`),
  deleteTeam: () => remove(`${ACME}/teams/payments`),
  createServiceAccountKey: () => post(`${ACME}/service-accounts/ci/keys`, { name: "one" }),
  rotateServiceAccountKey: () => post(`${ACME}/service-accounts/ci/keys/${made}:rotate`, {}),
  revokeServiceAccountKey: () => remove(`${ACME}/service-accounts/ci/keys/${made}`),
  deleteServiceAccount: () => remove(`${ACME}/service-accounts/ci`),
  createPlatformServiceAccount: () => post("/service-accounts", { name: "ci" }),
  patchPlatformServiceAccount: () => patch("/service-accounts/ci", { displayName: "CI" }),
  createPlatformServiceAccountKey: () => post("/service-accounts/ci/keys", { name: "one" }),
  rotatePlatformServiceAccountKey: () => post(`/service-accounts/ci/keys/${made}:rotate`, {}),
  revokePlatformServiceAccountKey: () => remove(`/service-accounts/ci/keys/${made}`),
  deletePlatformServiceAccount: () => remove("/service-accounts/ci"),
  createRole: () => post(`${ACME}/roles`, { name: "releaser", permissions: ["release:deploy"] }),
  patchRole: () => patch(`${ACME}/roles/releaser`, { permissions: ["release:get"] }),
  deleteRole: () => remove(`${ACME}/roles/releaser`),
  createPlatformRole: () => post("/roles", { name: "reader", permissions: ["cluster:get"] }),
  patchPlatformRole: () => patch("/roles/reader", { displayName: "Reader" }),
  deletePlatformRole: () => remove("/roles/reader"),
  createBinding: () => post(`${ACME}/bindings`, { subject: { kind: "user", id: memberId }, role: "viewer" }),
  deleteBinding: () => remove(`${ACME}/bindings/${made}`),
  createPlatformBinding: () =>
    post("/bindings", { subject: { kind: "user", email: "ada@example.com" }, role: "viewer" }),
  deletePlatformBinding: () => remove(`/bindings/${made}`),
  deleteProject: () => remove(`${SHOP}?confirm=shop`),
  restoreProject: () => post(`${SHOP}:restore`),
  deleteTenant: () => remove(`${ACME}?confirm=acme`),
  restoreTenant: () => post(`${ACME}:restore`),
  deleteClusterOrphan: () => remove(`/clusters/${identity.name}/orphans/${ORPHAN}?confirm=${ORPHAN}`),
  createCluster: () => post("/clusters", { name: "other" }),
  patchCluster: () => patch("/clusters/other", { region: "eu" }),
  createJoinToken: () => post("/clusters/other/join-tokens"),
  revokeJoinToken: () => remove(`/clusters/other/join-tokens/${tokenId}`),
  declareClusterEpoch: () => post("/clusters/other:declare-epoch?confirm=other"),
  deleteCluster: () => remove("/clusters/other?confirm=other"),
  restoreCluster: () => post("/clusters/other:restore"),
  replayDeadLetter: () => post(`/dead-letters/${deadIds[0]}:replay`),
  discardDeadLetter: () => post(`/dead-letters/${deadIds[1]}:discard`),
  replayDeadLetters: () => post("/dead-letters:replay", { fromSeq: 1 }),
  rewrapKeys: () => post("/platform/keys:rewrap"),
  rotateDataKey: () => post("/platform/keys:rotate", { tenant: "acme" }),
  replayEvents: () => post("/events:replay", { fromSeq: 1 }),
  forgetUser: () => post(`/users/${leaver}:forget?confirm=${leaver}`),
};
/** Called by an agent, with a proof in the place of a credential. */
const BY_AGENTS = ["enrol"];

interface Told {
  type: string;
  actor: string;
  subject: string;
  tenant: string | null;
}

const told = async (correlationId: string): Promise<Told[]> =>
  (await api<{ items: Told[] }>("GET", `/events?correlationId=${correlationId}`)).body.items;

/** A dead letter of some event that is there. */
async function deadLetter(eventSeq: number): Promise<string> {
  const event = await env.DB.prepare("SELECT id, type FROM events WHERE seq = ?").bind(eventSeq).first<{
    id: string;
    type: string;
  }>();
  const id = anId("deadLetter");
  await insertRow(env.DB, deadLetters, {
    id,
    source: "outbox" as const,
    eventId: event?.id ?? "",
    eventSeq,
    eventType: event?.type ?? "",
    reason: "away",
    attempts: 5,
    createdAt: 2,
    state: "dead" as const,
  }).run();
  return id;
}

const acmeId = async (): Promise<string> => String((await api("GET", ACME)).body.id);
const aMember = async (): Promise<string> => (await givenMember(await acmeId())).id;

beforeAll(async () => {
  identity = await enrolCluster("audited");
  const agent = await TestAgent.connect(identity);
  const { epochId } = await agent.next("snapshot-end");
  const item = { key: ORPHAN, revision: 3, phase: "Orphaned", message: "not in the set" } as const;
  agent.send({ t: "status", n: 1, epochId, items: [item] });
  await agent.next("status-ack");
  leaver = (await givenUser()).id;
  await env.DB.prepare("UPDATE users SET state = 'disabled' WHERE id = ?").bind(leaver).run();
  deadIds = [await deadLetter(await aSeq()), await deadLetter(await aSeq())];
});

describe("a mutation", () => {
  it("of each route of the table is one of these", () => {
    const changing = routes.filter(({ method }) => method !== "get").map(({ operationId }) => operationId);
    const known = [...Object.keys(STEPS), ...Object.keys(EXCEPTIONS), ...BY_AGENTS];
    expect(known.sort()).toEqual(changing.sort());
  });

  it.each(Object.keys(STEPS))(
    "%s leaves an event with its correlation id and its actor, and one audit entry however often it is sent",
    async (operation) => {
      if (["removeMember", "createBinding"].includes(operation)) memberId = await aMember();
      if (operation === "patchMember") memberId = (await givenTenantUser(await acmeId())).id;
      if (operation === "replayDeadLetters") await deadLetter(await aSeq());
      const step = (STEPS[operation] as () => Step)();
      const correlationId = `audit-${operation}`;
      const headers = { "x-correlation-id": correlationId, "idempotency-key": correlationId };
      const answer = await api<{ id: string }>(step.method, step.path, { body: step.body, headers });
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      if (operation === "createJoinToken") tokenId = answer.body.id;
      if (operation === "createServiceAccount") teamMember = answer.body.id;
      if (operation.startsWith("create")) made = answer.body?.id;
      const events = await told(correlationId);
      expect(events.length).toBeGreaterThan(0);
      expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set(["platform-admin"]));
      await api(step.method, step.path, { body: step.body, headers });
      const { action } = routes.find(({ operationId }) => operationId === operation) as Route;
      const [entry, ...others] = await entriesOf(correlationId);
      expect(others).toEqual([]);
      const { previous: _, ...content } = entry as LoggedEntry;
      expect(auditEntrySchema.parse(content)).toMatchObject({
        actor: { kind: "platform-admin", id: "platform-admin" },
        action: action === "public" ? "break-glass" : action,
        object: events[0]?.subject,
        tenant: events[0]?.tenant,
        outcome: "success",
        number: expect.any(Number),
      });
    },
  );

  it("by an agent that enrols leaves one, too", async () => {
    const { items } = (
      await api<{ items: (Told & { correlationId: string })[] }>("GET", "/events?type=evt.cluster.enrolled")
    ).body;
    expect(items).toHaveLength(1);
    expect(items[0]?.actor).toBeTruthy();
    expect(items[0]?.correlationId).toBeTruthy();
    const entries = await entriesOf(items[0]?.correlationId ?? "");
    expect(entries).toMatchObject([
      {
        actor: { kind: "agent", id: identity.clusterId },
        action: "cluster:enrol",
        number: expect.any(Number),
      },
    ]);
  });

  it("takes the next number of its log, without a gap in any", async () => {
    await allAppended();
    const last = await lastNumbers();
    expect(Object.keys(last)).toHaveLength(2);
    for (const [log, number] of Object.entries(last)) {
      const numbers = (await loggedIn(log)).flatMap((entry) => entry.number ?? []);
      expect(numbers).toEqual(Array.from({ length: number }, (_, i) => i + 1));
    }
  });

  it("of a join token tells which, and never the token", async () => {
    const { body } = await api<{ token: string }>("POST", "/clusters/audited/join-tokens");
    const rows = await env.DB.prepare(
      "SELECT data FROM events WHERE type LIKE 'evt.cluster.join-token%'",
    ).all();
    expect(rows.results.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows.results)).not.toContain(body.token.split(".")[1]);
  });
});

/** An event that no dead letter stands for. */
const aSeq = async (): Promise<number> =>
  (await env.DB.prepare(
    "SELECT MAX(seq) AS seq FROM events WHERE id NOT IN (SELECT event_id FROM dead_letters)",
  ).first<number>("seq")) ?? 0;
