import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type AgentIdentity, enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api } from "../../test/workerd/api.ts";
import { imageSpec } from "../../test/workerd/catalogue.ts";
import { anId } from "../../test/workerd/seed.ts";
import { insertRow } from "../store/rows.ts";
import { deadLetters } from "../store/schema/index.ts";
import { routes } from "./index.ts";

/** Each mutation has one actor, one audit entry and one correlation id (invariant 8): walks every route that changes something. */

/** Routes that leave no event, and why. */
const EXCEPTIONS: Record<string, string> = {
  createToken: "changes nothing that is kept: a token is signed, not stored",
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

let identity: AgentIdentity;
let deadIds: string[];
let tokenId: string;

/** One successful call of each, in an order in which each changes something. */
const STEPS: Record<string, () => Step> = {
  createTenant: () => post("/tenants", { name: "acme" }),
  putTenant: () => put(ACME, { displayName: "Acme" }),
  patchTenant: () => patch(ACME, { displayName: "ACME" }),
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
  replayEvents: () => post("/events:replay", { fromSeq: 1 }),
};
/** Called by an agent, with a proof in the place of a credential. */
const BY_AGENTS = ["enrol"];

interface Told {
  type: string;
  actor: string;
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

beforeAll(async () => {
  identity = await enrolCluster("audited");
  const agent = await TestAgent.connect(identity);
  const { epochId } = await agent.next("snapshot-end");
  const item = { key: ORPHAN, revision: 3, phase: "Orphaned", message: "not in the set" } as const;
  agent.send({ t: "status", n: 1, epochId, items: [item] });
  await agent.next("status-ack");
  deadIds = [await deadLetter(await aSeq()), await deadLetter(await aSeq())];
});

describe("a mutation", () => {
  it("of each route of the table is one of these", () => {
    const changing = routes.filter(({ method }) => method !== "get").map(({ operationId }) => operationId);
    const known = [...Object.keys(STEPS), ...Object.keys(EXCEPTIONS), ...BY_AGENTS];
    expect(known.sort()).toEqual(changing.sort());
  });

  it.each(Object.keys(STEPS))(
    "%s leaves an event with its correlation id and its actor",
    async (operation) => {
      if (operation === "replayDeadLetters") await deadLetter(await aSeq());
      const step = (STEPS[operation] as () => Step)();
      const correlationId = `audit-${operation}`;
      const headers = { "x-correlation-id": correlationId };
      const answer = await api<{ id: string }>(step.method, step.path, { body: step.body, headers });
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      if (operation === "createJoinToken") tokenId = answer.body.id;
      const events = await told(correlationId);
      expect(events.length).toBeGreaterThan(0);
      expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set(["platform-admin"]));
    },
  );

  it("by an agent that enrols leaves one, too", async () => {
    const { items } = (
      await api<{ items: (Told & { correlationId: string })[] }>("GET", "/events?type=evt.cluster.enrolled")
    ).body;
    expect(items).toHaveLength(1);
    expect(items[0]?.actor).toBeTruthy();
    expect(items[0]?.correlationId).toBeTruthy();
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
