import { ApiClient } from "../lib/api.ts";
import { type End, endAll } from "../lib/platform.ts";
import { SimulatedAgent } from "../lib/simulated-agent.ts";
import { enrolAgent } from "../lib/simulated-identity.ts";
import type { SimulatedStream } from "../lib/simulated-stream.ts";
import { until } from "../lib/until.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { startOidcServer } from "../services/oidc-provider.ts";
import { type Access, isOfPerson, makeAccess } from "./access/index.ts";
import { MAIN, makeCatalogue, spare, undoRemoval } from "./catalogue.ts";
import { DeadLetters } from "./dead-letters.ts";
import { withKnown } from "./document.ts";
import { type Document, finder, placesOf } from "./operations.ts";
import { startOutside } from "./plaintexts/outside.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

/** A manager in which every operation of its document has something to work on, with a cluster that answers. */
export interface World {
  manager: Manager;
  /** Of the runtime itself, for what must not be counted. */
  api: ApiClient;
  /** The manager's document, with the names of what exists in it. */
  document: Document;
  recorder: Recorder;
  /** What the requests to the recorder carry; it is renewed on their way. */
  token: string;
  stop(): Promise<void>;
}

/** Many, since each can be taken once. */
const ORPHANS = Array.from({ length: 200 }, (_, n) => `rel_01KAJ7Z8Q4X2N6V0D3M5R9T${100 + n}`);
const POD = {
  name: "web-1",
  namespace: "acme-shop-staging",
  phase: "Running",
  ready: true,
  containers: ["web"],
  startedAt: "2026-11-21T10:00:00Z",
};

/** What the cluster says to each kind of question. */
const ANSWERS: Record<string, unknown> = {
  pods: { items: [POD] },
  render: { ok: true, nodes: [], edges: [], digest: "sha256:0", violations: [], denied: false },
  graph: { generation: 1, observedGeneration: 1, phase: "Ready", nodes: [], edges: [] },
};

export async function startWorld(): Promise<World> {
  const ends: End[] = [];
  const stop = () => endAll(ends);
  try {
    const oidc = await startOidcServer();
    ends.push(() => oidc.close());
    const outside = await startOutside();
    ends.push(() => outside.close());
    const allowed = `${oidc.host},${outside.host}`;
    const manager = await startManager({
      vars: { LOG_LEVEL: "error", OUTBOUND_ALLOW_HOSTS_TENANTS: allowed },
    });
    ends.push(() => manager.stop());
    const url = await manager.directUrl();
    const api = new ApiClient({ url, key: manager.key });
    ends.push(async () => api.close());
    const { body: document } = await api.get<Document>("/api/v1/openapi.json");
    const joinToken = await makeCatalogue(api);
    const sink = { url: `http://${outside.host}/takes`, format: "jsonl" };
    const streamLogs = async () => {
      for (const home of ["", "/tenants/acme"]) await api.put(`/api/v1${home}/audit/sink`, sink);
    };
    await streamLogs();
    const access = await makeAccess(api, manager, oidc.host);
    const token = {
      stale: await api.bearer(),
      fresh: (id: string | undefined) => (id && isOfPerson(id) ? access.visitor.token() : api.bearer()),
    };
    let undo = async (_operationId: string): Promise<void> => {};
    const recorder = await startRecorder({
      target: url,
      find: finder(placesOf(document)),
      accepted: ({ id }) => undo(id),
      token,
    });
    ends.push(() => recorder.close());
    const agent = await startAgent(recorder.url, joinToken);
    ends.push(async () => agent.stop());
    const letters = new DeadLetters(manager.dir);
    ends.push(async () => letters.close());
    await atWork(api, agent);
    const known = await whatIsKnown(api, letters, access);
    undo = async (id) => {
      if (/DeadLetters?$/.test(id)) letters.revive();
      if (id === "declareClusterEpoch") await atWork(api, agent);
      if (/^delete\w+AuditSink$/.test(id)) await streamLogs();
      if (id === "revokeMySession") await access.visitor.again();
      await undoRemoval(api, id);
    };
    const sinks = { putTenantAuditSink: sink, putPlatformAuditSink: sink };
    const bodies = { ...access.bodies, ...sinks, createToken: { key: manager.key } };
    const attacked = withKnown(document, known, bodies);
    return { manager, api, document: attacked, recorder, token: token.stale, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAgent(url: string, token: string): Promise<SimulatedAgent> {
  const identity = await enrolAgent(url, token);
  return new SimulatedAgent({ manager: { url }, identity, onOpen: (stream) => void serve(stream) });
}

/** Answers whatever it is asked, at once and to the end. */
async function serve(stream: SimulatedStream): Promise<void> {
  const { target } = stream.open;
  if (target.kind === "service" && target.websocket) return stream.head(101);
  const value = ANSWERS[target.kind];
  stream.head(200, [["content-type", value ? "application/json" : "text/plain"]]);
  await stream.send(Buffer.from(value ? JSON.stringify(value) : "ok\n"));
  stream.end();
}

/** The agent is connected in the newest epoch, and has told of its orphans. */
async function atWork(api: ApiClient, agent: SimulatedAgent): Promise<void> {
  const path = "/api/v1/clusters/berlin-1";
  await until("the agent is in the newest epoch", async () => {
    const { body } = await api.get<{ epoch: number; status: string }>(path);
    return agent.welcome?.epoch === body.epoch && body.status === "connected";
  });
  const phase = "Orphaned" as const;
  await until("its orphans are known", async () => {
    // What comes before the epoch's snapshot is of an older one, and dropped.
    agent.status(ORPHANS.map((id) => ({ key: `release/${id}`, revision: 1, phase, message: "" })));
    const { body } = await api.get<{ items: unknown[] }>(`${path}/orphans`);
    return body.items.length > 0;
  });
}

/** @returns by operation and parameter, what exists; undefined where any value will do */
async function whatIsKnown(api: ApiClient, letters: DeadLetters, access: Access) {
  const { body: token } = await api.post<{ id: string }>("/api/v1/clusters/berlin-1/join-tokens");
  const { body: events } = await api.get<{ items: { id: string; seq: number }[] }>("/api/v1/events?limit=20");
  const [replayed, discarded] = [letters.add("outbox", events.items), letters.add("queue", events.items)];
  const own: Record<string, Record<string, string[]>> = {
    getEvent: { event: events.items.map(({ id }) => id) },
    revokeJoinToken: { token: [token.id] },
    deleteClusterOrphan: { kind: ["release"], id: ORPHANS, confirm: ORPHANS.map((id) => `release/${id}`) },
    declareClusterEpoch: { confirm: ["berlin-1"] },
    getDeadLetter: { deadLetter: discarded },
    replayDeadLetter: { deadLetter: replayed },
    discardDeadLetter: { deadLetter: discarded },
  };
  const ofAccess = (id: string, name: string) =>
    access.known.find(([operations, values]) => name in values && operations.test(id))?.[1][name];
  return (id: string, name: string): string[] | undefined =>
    own[id]?.[name] ?? ofAccess(id, name) ?? spare(id, name) ?? MAIN[name];
}
