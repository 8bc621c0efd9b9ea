import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isKind, type Kube, type LiveObject, loadKube } from "../../agent/kube/index.ts";
import { configMap, declareProject, type Release, rawSpec, waitForRelease } from "../e2e/lib.ts";
import { until } from "../lib/until.ts";
import { inParallel } from "./apps.ts";
import { type Attempt, attempts, type Manifest } from "./forbidden.ts";
import { type Scene, startScene } from "./scene.ts";

/** What a team writes may fail, and may be meant ill: it fails alone, it says why, and it reaches nothing of others. */
let scene: Scene;
let admin: Kube;

const VICTIM = "/api/v1/tenants/acme/projects/shop/apps";
const SPY = "/api/v1/tenants/rival/projects/spy/apps";
const OWN = "rival-spy-staging";

interface Node {
  kind: string;
  name: string;
  namespace?: string;
  state: string;
  message?: string;
}
type Told = Release & { nodes?: Node[] };

beforeAll(async () => {
  scene = await startScene({ name: "team" });
  admin = await loadKube({ kubeconfig: scene.cluster.kubeconfig });
  await declareProject(scene.api, "acme", "shop", scene.name);
  await declareProject(scene.api, "rival", "spy", scene.name);
});
afterAll(async () => {
  admin?.close();
  await scene?.stop();
});

const release = async (app: string): Promise<Told> =>
  (await scene.api.get<Told>(`${app}/releases/staging`)).body;
const nodeOf = ({ nodes = [] }: Told, { kind, metadata }: Manifest): Node | undefined =>
  nodes.find(
    (node) =>
      node.kind === kind &&
      node.name === metadata.name &&
      (node.namespace ?? OWN) === (metadata.namespace ?? OWN),
  );

describe("an app that cannot be applied, among fifty", () => {
  const GOOD = Array.from({ length: 50 }, (_, n) => `good-${n}`);
  const bad = `${VICTIM}/bad`;
  const port = (value: number): unknown => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "bad" },
    spec: { ports: [{ port: value }] },
  });

  it("holds none of them up, and says in words what is wrong", async () => {
    const [half, rest] = [GOOD.slice(0, 25), GOOD.slice(25)];
    const put = async (name: string) =>
      void (await scene.api.put(`${VICTIM}/${name}`, { spec: rawSpec([configMap(name, { v: "1" })]) }));
    await inParallel(half, put);
    await scene.api.put(bad, { spec: rawSpec([port(99_999), configMap("beside-bad", { v: "1" })]) });
    await inParallel(rest, put);
    await inParallel(
      GOOD,
      async (name) => void (await waitForRelease(scene.api, `${VICTIM}/${name}`, "staging", "Ready", 1)),
    );
    const told = await waitForRelease(scene.api, bad, "staging", "Failed", 1);
    expect(told.counts).toEqual({ total: 2, ready: 1, failed: 1 });
    expect(told.message).toMatch(/99999.*must be between 1 and 65535/);
  });

  it("is Ready once it is mended", async () => {
    await scene.api.put(bad, { spec: rawSpec([port(80), configMap("beside-bad", { v: "1" })]) });
    await waitForRelease(scene.api, bad, "staging", "Ready", 2);
  });
});

describe("a team's manifests", () => {
  const parts = attempts("acme-shop-staging");
  /** `what` → what stands under its name, before and after. */
  const standing = async (of: Attempt[]): Promise<Record<string, unknown>> => {
    const found: Record<string, unknown> = {};
    await inParallel(of, async ({ what, manifest: { apiVersion, kind, metadata } }) => {
      const { namespaced } = await admin.resolve({ apiVersion, kind });
      const ref = { apiVersion, kind, name: metadata.name };
      const place = namespaced ? { namespace: metadata.namespace ?? OWN } : {};
      const live = await admin.get({ ...ref, ...place }).catch(nothing);
      found[what] = live && essence(live);
    });
    return found;
  };
  /** What a write by somebody would change, and a renewal or a status does not. */
  const essence = ({ metadata, rules, roleRef, spec }: LiveObject): unknown => {
    const { uid, labels, generation } = metadata;
    const { holderIdentity } = (spec ?? {}) as { holderIdentity?: string };
    return { uid, labels, generation, rules, roleRef, holderIdentity };
  };
  const nothing = (error: unknown): undefined => {
    if (!isKind(error, "notFound")) throw error;
  };
  /** Which of an app's attempts are not refused in the words that were awaited. */
  const notRefused = (told: Told, part: Attempt[]) =>
    part.flatMap(({ what, manifest, refusal }) => {
      const { state, message = "" } = nodeOf(told, manifest) ?? { state: "not told" };
      return refusal.test(message) ? [] : [`${what}: ${state}: ${message}`];
    });

  it("that reach for more than the team has are refused, each with its reason; they leave nothing behind", async () => {
    const before = await standing(parts.flat());
    const named = parts.map((part, index) => ({ part, name: `reach-${index}` }));
    const failures: string[] = [];
    await inParallel(named, async ({ part, name }) => {
      const manifests = [configMap(name, { ok: "1" }), ...part.map(({ manifest }) => manifest)];
      await scene.api.put(`${SPY}/${name}`, { spec: rawSpec(manifests) });
      // What stands in a namespace waits for a manifest of that namespace, and this one is refused.
      const waits = part.some(
        ({ manifest: { kind, metadata } }) => kind === "Namespace" && metadata.name === OWN,
      );
      const wanted = { total: part.length + 1, ready: waits ? 0 : 1, failed: part.length };
      await until(
        `${name} is told`,
        async () => isDeepStrictEqual((await release(`${SPY}/${name}`)).counts, wanted),
        { everyMs: 250 },
      ).catch((error: unknown) => failures.push(String(error)));
      failures.push(...notRefused(await release(`${SPY}/${name}`), part));
    });
    expect(failures).toEqual([]);
    expect(await standing(parts.flat())).toEqual(before);
    await inParallel(named, async ({ name }) => {
      await scene.api.delete(`${SPY}/${name}`);
      await until("its good one is gone", async () => !(await scene.kubectl.exists("configmap", name, OWN)));
    });
    expect(await standing(parts.flat())).toEqual(before);
  });

  it("and people get no token of the applier either", async () => {
    await expect(scene.kubectl.run("create", "token", "kubenova-applier", "-n", OWN)).rejects.toThrow(
      /no token of kubenova-applier is given out/,
    );
  });
});

describe("forged marks of ownership", () => {
  const GRAPH_UID = "kubenova.io/graph-uid";
  const GRAPH = "kubenova.io/graph";
  interface Live {
    metadata: { uid: string; resourceVersion: string; annotations: Record<string, string> };
  }
  const live = (name: string): Promise<Live> => scene.kubectl.json<Live>("get", "configmap", name, "-n", OWN);
  const deploy = async (app: string, manifest: unknown, phase: string): Promise<void> => {
    await scene.api.put(`${SPY}/${app}`, { spec: rawSpec([manifest]) });
    await waitForRelease(scene.api, `${SPY}/${app}`, "staging", phase);
  };
  const gone = async (app: string): Promise<void> => {
    await scene.api.delete(`${SPY}/${app}`);
    await until(
      `${app} is gone`,
      async () => !(await scene.kubectl.exists("resourcegraph", `app-${app}`, OWN)),
    );
  };

  it("in a manifest do not make an app the owner of another's object, which outlives it", async () => {
    await deploy("owner", configMap("prize", { v: "1" }), "Ready");
    const prize = await live("prize");
    const { uid, annotations } = prize.metadata;
    const marks = { [GRAPH_UID]: annotations[GRAPH_UID], [GRAPH]: annotations[GRAPH] };
    await deploy(
      "thief",
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "prize", uid, annotations: marks },
        data: { v: "2" },
      },
      "Failed",
    );
    expect((await release(`${SPY}/thief`)).message).toMatch(/belongs to/);
    await gone("thief");
    expect(await live("prize")).toEqual(prize);
  });

  it("in a manifest are replaced by the app's own: it goes with its app, and with no other", async () => {
    const { annotations } = (await live("prize")).metadata;
    const marks = { [GRAPH_UID]: annotations[GRAPH_UID], [GRAPH]: annotations[GRAPH] };
    const bait = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "bait", annotations: marks } };
    await deploy("angler", bait, "Ready");
    expect((await live("bait")).metadata.annotations[GRAPH_UID]).not.toBe(annotations[GRAPH_UID]);
    await gone("owner");
    expect(await scene.kubectl.exists("configmap", "prize", OWN)).toBe(false);
    expect(await scene.kubectl.exists("configmap", "bait", OWN)).toBe(true);
  });

  it("on somebody's object have no app delete it", async () => {
    const { annotations } = (await live("bait")).metadata;
    await scene.kubectl.run("create", "configmap", "theirs", "-n", OWN);
    const marks = [GRAPH_UID, GRAPH].map((name) => `${name}=${annotations[name]}`);
    await scene.kubectl.run("annotate", "configmap", "theirs", "-n", OWN, ...marks);
    await scene.kubectl.run(
      "label",
      "configmap",
      "theirs",
      "-n",
      OWN,
      "app.kubernetes.io/managed-by=kubenova",
    );
    await gone("angler");
    expect(await scene.kubectl.exists("configmap", "bait", OWN)).toBe(false);
    expect(await scene.kubectl.exists("configmap", "theirs", OWN)).toBe(true);
  });
});
