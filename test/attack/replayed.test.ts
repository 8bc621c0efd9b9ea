import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type End, endAll } from "../lib/platform.ts";
import { until, untilStill } from "../lib/until.ts";
import { type ControlPlane, type KubeCluster, NAMESPACE, startLineage } from "./lineage.ts";
import { plan } from "./plan.ts";

/**
 * Every event is delivered again, twice, while new changes come and the manager is killed in between: nothing happens
 * twice, in the cluster, in what the API says, or in the live feed.
 */
const ROUNDS = plan.long ? 6 : 2;
/** What a reader of the feed waits before it comes back. */
const RECONNECT_MS = 100;
const APPS = ["one", "two", "three"];
const MARKER = "marker";
const AT_REST = { stillMs: 1_000, deadlineMs: 30_000, everyMs: 100 };
const ends: End[] = [];
let kube: KubeCluster;
let plane: ControlPlane;

beforeAll(async () => {
  ({ kube, plane } = await startLineage("attack-replayed", ends));
  for (const app of APPS) for (const v of ["1", "2"]) await plane.deploy(app, v);
});
afterAll(() => endAll(ends));

interface Event {
  seq: number;
  type: string;
  subject: string;
  data?: { app?: string };
}

const events = async (): Promise<Event[]> => {
  const found: Event[] = [];
  for (let cursor = "0"; ; ) {
    const { body } = await plane.api.get<{ items: Event[]; nextCursor: string | null }>(
      `/api/v1/events?limit=100&cursor=${cursor}`,
    );
    found.push(...body.items);
    if (body.nextCursor === null) return found;
    cursor = body.nextCursor;
  }
};
/** What was told of deployments, but the marker's. */
const told = async () =>
  (await events())
    .filter(({ type, data }) => type.startsWith("evt.deploy.") && data?.app !== MARKER)
    .map(({ type, subject }) => `${subject} ${type}`)
    .sort();
/** What any write would change, of a status too: the version of each resource that the agent has made, but the marker's. */
const resources = async (): Promise<Record<string, string>> => {
  const { items } = await kube.kubectl.json<{
    items: { kind: string; metadata: { name: string; resourceVersion: string } }[];
  }>("get", "novaapps,resourcegraphs,configmaps", "-n", NAMESPACE);
  return Object.fromEntries(
    items
      .filter(({ metadata }) => ![MARKER, `app-${MARKER}`].includes(metadata.name))
      .map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion]),
  );
};
/** The agent has acted on all that it was sent: on a change that came after it, too. */
async function acted(v: string): Promise<void> {
  await plane.delivered();
  await plane.deploy(MARKER, v);
  await plane.stored();
}
const replay = () => plane.api.post("/api/v1/events:replay", { fromSeq: 1 });

/** Sequence numbers that the live feed gives after one, until one is reached or the connection ends. */
async function feed(after: number, end: () => number): Promise<number[]> {
  const response = await plane.api.open("GET", "/api/v1/events", {
    headers: { accept: "text/event-stream", "last-event-id": String(after) },
  });
  const seen: number[] = [];
  let text = "";
  try {
    for await (const chunk of response) {
      text += String(chunk);
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("id: ")) seen.push(Number(line.slice(4)));
      if ((seen.at(-1) ?? after) >= end()) break;
    }
  } catch {
    // The manager was killed: the reader comes back with the last number that it has.
  }
  response.destroy();
  return seen;
}

describe("all events, delivered again", () => {
  it("write nothing, tell nothing anew, and change no status", async () => {
    await acted("before");
    const then = await untilStill("the cluster is at rest", resources, AT_REST);
    expect(Object.keys(then)).toEqual(expect.arrayContaining(APPS.map((app) => `NovaApp/${app}`)));
    const deployments = await told();
    for (let round = 0; round < ROUNDS; round++) await Promise.all([replay(), replay()]);
    await acted("after");
    for (const app of APPS) await plane.release(app, "Ready", 2);
    expect(await resources()).toEqual(then);
    expect(await told()).toEqual(deployments);
  });

  it("between new changes and kills of the manager, never bring an older one back; the feed has each event once", async () => {
    const start = (await events()).at(-1)?.seq ?? 0;
    let last = Number.POSITIVE_INFINITY;
    const seen: number[] = [];
    const reading = (async () => {
      while ((seen.at(-1) ?? start) < last) {
        seen.push(...(await feed(seen.at(-1) ?? start, () => last).catch(() => [])));
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    })();
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all([replay(), ...APPS.map((app) => plane.put(app, `new-${round}`))]);
      await plane.manager.kill();
      await plane.manager.restart();
      await replay();
    }
    for (const app of APPS) await plane.release(app, "Ready", 2 + ROUNDS);
    await plane.delivered();
    const { [MARKER]: _marker, ...maps } = await kube.maps();
    const values = Object.fromEntries(Object.entries(maps).map(([name, text]) => [name, text.split(" ")[1]]));
    expect(values).toEqual(Object.fromEntries(APPS.map((app) => [app, `new-${ROUNDS - 1}`])));
    const deployments = (await told()).filter((line) => line.endsWith("evt.deploy.succeeded"));
    expect(deployments.length).toBeLessThanOrEqual(APPS.length * (2 + ROUNDS));
    await plane.put(APPS[0] as string, "the last");
    await plane.release(APPS[0] as string, "Ready", 3 + ROUNDS);
    const all = (await events()).map(({ seq }) => seq).filter((seq) => seq > start);
    last = all.at(-1) ?? start;
    // One more, so that a reader that waits looks at where it stands.
    await plane.put(APPS[0] as string, "the very last");
    await until("the reader is done", () => reading.then(() => true), { deadlineMs: 60_000 });
    expect(seen.slice(0, all.length)).toEqual(all);
    expect(new Set(seen).size).toBe(seen.length);
  });
});
