import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Scene, startScene } from "../attack/scene.ts";
import { freePort } from "../lib/process.ts";
import { until } from "../lib/until.ts";
import { ROOT } from "../manager/bundle.ts";
import { makeCertificate } from "../manager/certificate.ts";
import { configMap, declareProject, rawSpec, waitForRelease } from "./lib.ts";

/** What a real API server sends by the flags and the policy of the docs, from its webhook to the tenant's log. */
interface Entry {
  id: string;
  source?: string;
  cluster?: string;
  actor: { kind: string; id: string };
  onBehalfOf?: { id: string };
  action: string;
  object: string;
  outcome: string;
  correlationId: string;
  address?: string;
}

const TOKEN = "a-token-of-the-audit-webhook";
const APP = "/api/v1/tenants/acme/projects/shop/apps/audited";
const NAMESPACE = "acme-shop-staging";
const docs = readFileSync(join(ROOT, "docs/audit-kubernetes.md"), "utf8");
const policy = /policy\.yaml <<'EOF'\n([\s\S]*?)^EOF$/m.exec(docs)?.[1] ?? "";

let scene: Scene;
let folder: string;
let port: number;
let ca: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubenova-audit-"));
  port = await freePort();
  const files = await makeCertificate(join(folder, "tls"), "127.0.0.1");
  ca = readFileSync(files.ca, "utf8");
  writeFileSync(join(folder, "token"), TOKEN);
  scene = await startScene({
    name: "kube-audit",
    auditWebhook: { server: `https://127.0.0.1:${port}`, caFile: files.ca, token: TOKEN, policy },
    env: {
      KUBENOVA_AUDIT_LISTEN: `127.0.0.1:${port}`,
      KUBENOVA_AUDIT_TLS_CERT: files.cert,
      KUBENOVA_AUDIT_TLS_KEY: files.key,
      KUBENOVA_AUDIT_TOKEN_FILE: join(folder, "token"),
      KUBENOVA_AUDIT_SPOOL_DIR: join(folder, "spool"),
    },
  });
  await declareProject(scene.api, "acme", "shop", scene.name);
});
afterAll(async () => {
  await scene?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const search = async (query: string, log = "/api/v1/tenants/acme/audit"): Promise<Entry[]> =>
  (await scene.api.get<{ items: Entry[] }>(`${log}?limit=100&${query}`)).body.items;
const found = (what: string, query: string, log?: string): Promise<Entry[]> =>
  until(
    what,
    async () => {
      const entries = await search(query, log);
      return entries.length > 0 ? entries : undefined;
    },
    { deadlineMs: 60_000, everyMs: 250 },
  );
const objectOf = (name: string) => `object=kubernetes/configmaps/${NAMESPACE}/${name}`;
const make = (name: string, namespace = NAMESPACE) =>
  scene.kubectl.run("create", "configmap", name, "-n", namespace);

function post(body: unknown, token = TOKEN): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const request = https.request({ host: "127.0.0.1", port, method: "POST", path: "/", ca, headers });
    request.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

describe("a change by the API", () => {
  it("is found by its correlation id together with what it caused in the cluster", async () => {
    const headers = { "x-correlation-id": "checkout-42" };
    await scene.api.put(APP, { spec: rawSpec([configMap("one", { a: "1" })]) }, { headers });
    await waitForRelease(scene.api, APP, "staging", "Ready", 1);
    const created = `kubernetes/configmaps/${NAMESPACE}/one`;
    await until("the write of the ConfigMap", async () =>
      (await search("q=checkout-42")).some(({ object }) => object === created),
    );
    const entries = await search("q=checkout-42");
    expect(entries.filter(({ source }) => source === undefined).map(({ action }) => action)).toEqual([
      "app:update",
    ]);
    const { body } = await scene.api.get<{ id: string }>(`/api/v1/clusters/${scene.name}`);
    const own = "system:serviceaccount:kubenova-system:kubenova-agent";
    expect(entries.find(({ object }) => object === created)).toMatchObject({
      source: "kubernetes",
      cluster: body.id,
      actor: { kind: "kubernetes", id: own },
      onBehalfOf: { id: expect.stringContaining(`system:serviceaccount:${NAMESPACE}:`) },
      outcome: "success",
      correlationId: "checkout-42",
      address: "127.0.0.1",
    });
    const objects = entries.map(({ object }) => object);
    expect(objects).toContain(`kubernetes/novaapps.kubenova.io/${NAMESPACE}/audited`);
    expect(objects).toContain(`kubernetes/resourcegraphs.kubenova.io/${NAMESPACE}/app-audited`);
  });
});

describe("what people do in the cluster itself", () => {
  it("stands in the log of the namespace's tenant: reads of secrets, refusals, changes", async () => {
    await scene.kubectl.run(
      "create",
      "secret",
      "generic",
      "db",
      "-n",
      NAMESPACE,
      "--from-literal=p=hunter22",
    );
    await scene.kubectl.run("get", "secret", "db", "-n", NAMESPACE);
    const mallory = ["--as", "mallory", "get", "pods", "-n", NAMESPACE];
    await expect(scene.kubectl.run(...mallory)).rejects.toThrow(/forbidden/);
    const secret = `object=kubernetes/secrets/${NAMESPACE}/db`;
    await found("the read", `${secret}&action=kubernetes:get`);
    const [refused] = await found("the refusal", "action=kubernetes:list&outcome=denied");
    expect(refused).toMatchObject({ actor: { id: "admin" }, onBehalfOf: { id: "mallory" } });
    expect(JSON.stringify(await search("object=kubernetes/"))).not.toContain("hunter22");
  });

  it("stands in the platform's log where no environment has the namespace", async () => {
    await make("outside", "default");
    const query = "object=kubernetes/configmaps/default/outside";
    await found("the change", query, "/api/v1/audit");
    expect(await search(query)).toEqual([]);
  });
});

describe("an agent that is killed", () => {
  it("gets what the API server saw meanwhile", async () => {
    await scene.agent.kill();
    await make("while-away");
    scene.agent.restart();
    expect(await found("what it missed", objectOf("while-away"))).toHaveLength(1);
  });

  it("with events that the manager does not have yet brings them afterwards, once each", async () => {
    await scene.connected();
    scene.relay.cut();
    await make("unsent");
    await until("they are on its disk", async () => {
      const text = await (await fetch(`${scene.agent.url}/metrics`)).text();
      return /kubenova_agent_audit_spool_bytes [1-9]/.test(text);
    });
    await scene.agent.kill();
    scene.relay.restore();
    scene.agent.restart();
    expect(await found("the unsent", objectOf("unsent"))).toHaveLength(1);
  });
});

describe("a list that comes twice", () => {
  it("makes one entry each; without the token none", async () => {
    const event = (n: number) => ({
      ...{ auditID: `twice-${n}`, stage: "ResponseComplete", verb: "update", responseStatus: { code: 200 } },
      user: { username: "alice" },
      objectRef: { resource: "configmaps", namespace: NAMESPACE, name: `twice-${n}` },
      requestReceivedTimestamp: new Date().toISOString(),
      requestObject: { data: { p: "hunter22" } },
    });
    const list = { kind: "EventList", apiVersion: "audit.k8s.io/v1", items: [event(1), event(2)] };
    await scene.connected();
    await until("it listens", async () => (await post(list).catch(() => 0)) === 200);
    expect(await post(list)).toBe(200);
    expect(await post(list, "another-token")).toBe(401);
    // The log takes them in order: when a later one is there, so is the second list.
    expect(await post({ ...list, items: [event(3)] })).toBe(200);
    await found("the last", objectOf("twice-3"));
    const entries = await search("actor=alice");
    expect(entries.map(({ object }) => object.split("/").at(-1))).toEqual(["twice-3", "twice-2", "twice-1"]);
  });
});
