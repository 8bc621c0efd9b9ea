import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api } from "../../test/workerd/api.ts";
import { givenProject } from "../../test/workerd/catalogue.ts";
import { keepDatabase } from "../../test/workerd/restore.ts";
import { newestWitness, type Witness } from "../../worker/store/witness.ts";
import type { ClusterRpc } from "../rpc.ts";
import { Alarms } from "./alarms.ts";
import { Documents, prepare } from "./documents.ts";
import { Heart } from "./heart.ts";
import { Intake } from "./intake.ts";
import { loadState } from "./state.ts";
import { Statuses } from "./statuses.ts";

const stub = (id: string) => env.CLUSTER.getByName(id);
const release = (id: string, revision: number) =>
  ({ key: `release/${id}`, revision, op: "tombstone", correlationId: "req_test" }) as const;
const LOST = "rel_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
const OTHER = "rel_01KAJ7Z8Q4X2N6V0D3M5R9T1WC";

/** Any commit, as a cluster's object would be told of it. */
async function commit(): Promise<Witness> {
  const { status } = await api("POST", "/tenants", { body: { name: `t-${crypto.randomUUID()}` } });
  if (status !== 201) throw new Error(`no commit: ${status}`);
  return (await newestWitness(env.DB)) as Witness;
}

/** A connected cluster with an environment, and what its agent is sent of releases. */
async function connected(tenant: string) {
  const identity = await enrolCluster();
  const project = await givenProject(tenant, "shop");
  await api("PUT", `${project}/environments/staging`, { body: { placement: { cluster: identity.name } } });
  const agent = await TestAgent.connect(identity);
  await agent.next("snapshot-end");
  const sent = () =>
    agent.frames
      .filter((frame): frame is FrameOf<"desired"> => frame.t === "desired")
      .filter(({ key }) => key.startsWith("release/"))
      .map(({ revision, op }) => `${op} ${revision}`);
  const put = async (app: string, v: string) => {
    const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { v } };
    const spec = { specVersion: 1, source: { raw: { manifests: [manifest] } } };
    return (await api("PUT", `${project}/apps/${app}`, { body: { spec } })).status;
  };
  return { identity, agent, project, sent, put, object: stub(identity.clusterId) };
}

const delivered = () =>
  expect
    .poll(() =>
      env.DB.prepare("SELECT COUNT(*) AS n FROM events WHERE delivered_at IS NULL").first<number>("n"),
    )
    .toBe(0);

describe("a database restored under a live socket", () => {
  it("is noticed at the first change, whatever was committed since, and nothing of it is sent", async () => {
    const { identity, sent, put, project, object } = await connected("restored");
    await put("web", "one");
    await expect.poll(sent).toHaveLength(1);
    await delivered();
    const restore = await keepDatabase();
    await put("web", "two, which is lost");
    await expect.poll(sent).toHaveLength(2);
    await delivered();
    const then = sent();
    await restore();
    for (let n = 0; n < 5; n++) await commit();
    expect(await put("fresh", "1")).toBe(202);
    await expect.poll(async () => (await object.liveness()).diverged).toBe(true);
    expect(await put("web", "three")).toBe(202);
    await delivered();
    await runDurableObjectAlarm(object);
    expect(sent()).toEqual(then);
    const cluster = await api("GET", `/clusters/${identity.name}`);
    expect(cluster.body).toMatchObject({ diverged: true });
    const stale = await api<{ phase: string; message: string }>(
      "GET",
      `${project}/apps/web/releases/staging`,
    );
    expect(stale.body).toMatchObject({ phase: "Unknown" });
    expect(stale.body.message).toContain("restored from before");
  });

  it("is noticed where the set holds a later commit than the one it was delivered for", async () => {
    const { object } = await connected("coalesced");
    const first = await commit();
    const restore = await keepDatabase();
    await commit();
    // Read after the second commit, for the event of the first.
    expect(await object.deliver([release(LOST, 8)], first)).toEqual({ accepted: 1, stale: 0 });
    await restore();
    for (let n = 0; n < 3; n++) await commit();
    expect(await object.deliver([release(LOST, 9)], await commit())).toEqual({ accepted: 0, stale: 1 });
    expect(await object.liveness()).toMatchObject({ diverged: true });
  });

  it("does not take an older revision over a newer one, whatever number its commit has", async () => {
    const { object, agent } = await connected("lineages");
    const restore = await keepDatabase();
    await object.deliver([release(LOST, 7)], await commit());
    await agent.next("desired", ({ key }) => key === `release/${LOST}`);
    await restore();
    for (let n = 0; n < 3; n++) await commit();
    const witness = await commit();
    const together = [release(OTHER, 1), release(LOST, 8)].map((each) => object.deliver([each], witness));
    expect(await Promise.all(together)).toEqual([
      { accepted: 0, stale: 1 },
      { accepted: 0, stale: 1 },
    ]);
  });

  it("while a delivery is under way, fails that delivery and takes none of it", async () => {
    const { object } = await connected("under-way");
    await object.deliver([release(OTHER, 1)], await commit());
    const restore = await keepDatabase();
    const lost = await commit();
    await restore();
    const failed = await runInDurableObject(object, (each: ClusterRpc) =>
      each.deliver([release(LOST, 1)], lost).then(String, String),
    );
    expect(failed).toContain("restored meanwhile");
    await object.deliver([release(OTHER, 2)], await commit());
    expect(await object.liveness()).not.toMatchObject({ diverged: true });
  });
});

describe("deliveries from a database that goes on", () => {
  it("that come together are all taken, and each revision is sent once at most, in order", async () => {
    const { object, sent } = await connected("together");
    const witness = await commit();
    const deliveries = Array.from({ length: 20 }, (_, n) => object.deliver([release(LOST, n + 1)], witness));
    const accepted = (await Promise.all(deliveries)).reduce((sum, each) => sum + each.accepted, 0);
    expect(accepted).toBe(20);
    await expect.poll(() => sent().at(-1)).toBe("tombstone 20");
    const revisions = sent().map((each) => Number(each.split(" ")[1]));
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    expect(await object.deliver([release(LOST, 20)], await commit())).toEqual({ accepted: 0, stale: 1 });
  });

  it("share a reading where they come together; one that fails fails only those that it was for", async () => {
    const { object } = await connected("shared");
    const documents = await prepare([1, 2, 3, 4].map((revision) => release(LOST, revision)));
    let readings = 0;
    let isAway = false;
    const prepareStatement = (sql: string): D1PreparedStatement => {
      readings += 1;
      if (isAway) throw new Error("the database is away");
      return env.DB.prepare(sql);
    };
    const outcomes = await runInDurableObject(object, async (_object, ctx) => {
      const intake = intakeOf(ctx, { prepare: prepareStatement } as D1Database);
      const takeAll = () =>
        Promise.all(documents.map((each) => intake.take([each], undefined).catch(String)));
      isAway = true;
      const failed = await takeAll();
      isAway = false;
      readings = 0;
      return { failed, taken: await takeAll() };
    });
    expect(outcomes.failed).toEqual(documents.map(() => "Error: the database is away"));
    expect(outcomes.taken).toEqual([1, 1, 1, 1]);
    expect(readings).toBe(2);
  });
});

/** The part alone, on an object's storage and another database. */
function intakeOf(ctx: DurableObjectState, db: D1Database): Intake {
  const { sql } = ctx.storage;
  const documents = new Documents(sql);
  const heart = new Heart({
    ctx,
    env: { ...env, DB: db },
    documents,
    statuses: new Statuses(sql, documents),
    alarms: new Alarms(ctx.storage),
    state: loadState(sql),
  });
  return new Intake(heart, () => {});
}
