import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TransformStatus } from "../../../protocol/resources/transform.ts";
import { until } from "../../../test/lib/until.ts";
import { API, isGone, readyProject } from "../../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../../test/operator/operator-fixture.ts";
import { awaitTransform, inline, SETTINGS, transform } from "../../../test/operator/transforms.ts";
import { cueModule } from "../../../test/services/artifact.ts";
import { type Registry, startRegistry } from "../../../test/services/registry.ts";
import type { Kube } from "../../kube/index.ts";

const stamp = Date.now().toString(36);
let fixture: OperatorFixture;
let kube: Kube;
let registry: Registry;
let stalling: Server;
let mine: string;
let theirs: string;

const stallingHost = () => `127.0.0.1:${(stalling.address() as AddressInfo).port}`;
const configMap = (namespace: string, name: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  namespace,
  name,
});
const apply = (namespace: string, name: string, spec: object) =>
  kube.apply(transform({ namespace, name, spec }), { force: true });

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  registry = await startRegistry();
  // Takes every question and answers none.
  stalling = createServer(() => {}).listen(0, "127.0.0.1");
  await until("it listens", () => stalling.listening);
  await fixture.start({
    modules: { insecureRegistries: [registry.host, stallingHost()], renderMs: 2_000, tagTtlMs: 0 },
  });
  [mine, theirs] = [await readyProject(kube, `a${stamp}`), await readyProject(kube, `b${stamp}`)];
});
afterAll(async () => {
  await fixture?.close();
  stalling.closeAllConnections();
  stalling.close();
  await registry.remove();
});

describe("a module of one tenant", () => {
  it("that writes into another's namespace, or asks for a ClusterRole, is refused by the API server; nothing is left", async () => {
    const evil = `
package evil
#Input: {}
nodes: theirs: object: {apiVersion: "v1", kind: "ConfigMap", metadata: {name: "evil", namespace: "${theirs}"}}
nodes: role: object: {
	apiVersion: "rbac.authorization.k8s.io/v1"
	kind:       "ClusterRole"
	metadata: name: "evil-${stamp}"
	rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
}
`;
    await apply(mine, "evil", inline(evil, {}));
    const status = await awaitTransform(kube, mine, "evil", "Failed");
    expect(status.message).toMatch(/cannot patch resource|forbidden/);
    expect(await isGone(kube, configMap(theirs, "evil"))).toBe(true);
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: `evil-${stamp}` };
    expect(await isGone(kube, role)).toBe(true);
    const ref = { apiVersion: API, kind: "Transform", namespace: mine, name: "evil" };
    await kube.delete(ref);
    await until("it may go", () => isGone(kube, ref));
  });

  it("that runs away ends with a clear error, while another's renders", async () => {
    const loop = `
package loop
import "list"
#Input: {}
_rows: [for a in list.Range(0, 4000, 1) for b in list.Range(0, 4000, 1) {"\\(a).\\(b)"}]
nodes: a: object: {apiVersion: "v1", kind: "ConfigMap", metadata: name: "loop", data: rows: "\\(len(_rows))"}
`;
    const names = ["loop-1", "loop-2", "loop-3"];
    for (const name of names) await apply(theirs, name, inline(loop, {}));
    await apply(mine, "quiet", inline(SETTINGS, { greeting: "hello" }));
    await awaitTransform(kube, mine, "quiet", "Ready");
    for (const name of names) {
      const status = await awaitTransform(kube, theirs, name, "Failed", 60_000);
      const rendered = status.conditions?.find(({ type }) => type === "Rendered");
      expect(rendered?.reason).toMatch(/OutOfMemory|RenderTimeout|RendererCrashed|TooLarge/);
    }
  });

  it("whose registry stalls holds up neither another tenant's fetches, nor its own modules that need no network", async () => {
    await registry.push("settings", "1", cueModule({ "settings.cue": SETTINGS }));
    const spec = (host: string, repository: string) => ({
      cueRef: { type: "oci", ref: `${host}/${repository}:1` },
      input: { greeting: "hello" },
    });
    for (let n = 0; n < 12; n++) await apply(theirs, `stalled-${n}`, spec(stallingHost(), `m${n}`));
    await until("they say what they wait for", async () => {
      const ref = { apiVersion: API, kind: "Transform", namespace: theirs, name: "stalled-0" };
      return JSON.stringify((await kube.get(ref)).status ?? {}).includes("waits for oci");
    });
    await apply(mine, "fetched", spec(registry.host, "settings"));
    await apply(theirs, "near", inline(SETTINGS, { greeting: "near" }));
    await awaitTransform(kube, mine, "fetched", "Ready");
    await awaitTransform(kube, theirs, "near", "Ready");
    for (let n = 0; n < 12; n++)
      await kube.delete({ apiVersion: API, kind: "Transform", namespace: theirs, name: `stalled-${n}` });
  });
});

describe("a Transform", () => {
  it("that is edited 50 times quickly ends with the last input's graph, and others are left alone", async () => {
    await apply(mine, "hasty", inline(SETTINGS, { greeting: "0" }));
    await awaitTransform(kube, mine, "hasty", "Ready");
    for (let n = 1; n <= 50; n++) {
      const greeting = n % 7 === 0 ? n : `${n}`;
      await apply(mine, "hasty", inline(SETTINGS, { greeting }));
    }
    await awaitTransform(kube, mine, "hasty", "Ready");
    expect((await kube.get(configMap(mine, "hasty"))).data).toMatchObject({ greeting: "50" });
  });

  it("whose tag moves follows it; whose registry goes away keeps what it has, and says so", async () => {
    const repository = "moving";
    const push = (word: string) =>
      registry.push(
        repository,
        "1",
        cueModule({ "settings.cue": SETTINGS.replace("input.greeting, copies", `"${word}", copies`) }),
      );
    await push("one");
    const cueRef = { type: "oci", ref: `${registry.host}/${repository}:1` };
    await apply(mine, "moving", { cueRef, input: { greeting: "x" } });
    const first = await awaitTransform(kube, mine, "moving", "Ready");
    expect((await kube.get(configMap(mine, "moving"))).data).toMatchObject({ greeting: "one" });
    const ref = { apiVersion: API, kind: "Transform", namespace: mine, name: "moving" };
    const look = (at: string) =>
      kube.patch(ref, { metadata: { annotations: { "kubenova.io/reconcile-at": at } } });
    const resolved = async () => ((await kube.get(ref)).status as TransformStatus).resolvedCueRef;
    await push("two");
    await look("1");
    await until("it has moved", async () => (await resolved())?.digest !== first.resolvedCueRef?.digest);
    await until(
      "what it makes has, too",
      async () =>
        ((await kube.get(configMap(mine, "moving"))).data as { greeting: string }).greeting === "two",
    );
    await registry.stop();
    await look("2");
    await until("it says that the registry is away", async () => (await resolved())?.stale !== undefined);
    expect((await awaitTransform(kube, mine, "moving", "Ready")).resolvedCueRef?.short).toHaveLength(12);
    await apply(mine, "absent", { cueRef: { type: "oci", ref: `${registry.host}/never:1` } });
    const absent = await awaitTransform(kube, mine, "absent", "Failed", 60_000);
    expect(absent.conditions?.find(({ type }) => type === "Fetched")).toMatchObject({
      status: "False",
      reason: "SourceUnreachable",
    });
  });
});
