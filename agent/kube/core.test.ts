import { afterEach, describe, expect, it } from "vitest";
import { startStub } from "../../test/kube/stub-server.ts";
import { until } from "../../test/lib/until.ts";
import { WRITES_IN_FLIGHT } from "./core.ts";
import { createKube, type KubeOptions, type RequestInfo } from "./index.ts";

type Handler = Parameters<typeof startStub>[0];

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
async function stub(handler: Handler, options?: KubeOptions) {
  const started = await startStub(handler, options);
  cleanups.push(() => started.close());
  return started;
}

const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "x", name: "a" } };
const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "x", name: "a" };
const answer = JSON.stringify({
  ...configMap,
  metadata: { ...configMap.metadata, uid: "u", resourceVersion: "1" },
});

describe("credentials", () => {
  it("are read again after a 401, once", async () => {
    const tokens = ["old", "new"];
    const seen: (string | undefined)[] = [];
    const { kube: plain } = await stub((request, response) => {
      seen.push(request.headers.authorization);
      if (request.headers.authorization === "Bearer new") response.end(answer);
      else response.writeHead(401).end();
    });
    const read = async () => ({ headers: { Authorization: `Bearer ${tokens.shift() ?? "worse"}` }, tls: {} });
    const kube = createKube({ server: new URL(plain.server), read });
    await expect(kube.request({ path: "/x" })).resolves.toMatchObject({ status: 200 });
    expect(seen).toEqual(["Bearer old", "Bearer new"]);
    kube.close();
  });
});

describe("many requests", () => {
  it("keep to the bound in flight; an urgent one and reads pass by", async () => {
    const held: (() => void)[] = [];
    const { kube } = await stub((request, response) => {
      if (request.method === "PATCH") held.push(() => response.end(answer));
      else response.end(answer);
    });
    const writes = Array.from({ length: WRITES_IN_FLIGHT + 4 }, () => kube.apply(configMap));
    await until("the bound is reached", () => held.length === WRITES_IN_FLIGHT);
    await kube.get(ref);
    const urgent = kube.apply(configMap, { urgent: true });
    await until("the urgent one is there", () => held.length === WRITES_IN_FLIGHT + 1);
    const release = setInterval(() => {
      for (const end of held.splice(0)) end();
    }, 1);
    await Promise.all([...writes, urgent]);
    clearInterval(release);
  });

  it("are each told to onRequest, with the answer's warnings and without bodies", async () => {
    const infos: RequestInfo[] = [];
    const handler: Handler = (_, response) =>
      response.writeHead(200, { Warning: '299 - "v1 is old"' }).end(answer);
    const { kube } = await stub(handler, { onRequest: (info) => infos.push(info) });
    await kube.with({ auditId: () => "c-1" }).apply(configMap, { dryRun: true });
    expect(infos.at(-1)).toEqual({
      method: "PATCH",
      verb: "apply",
      resource: "configmaps",
      status: 200,
      seconds: expect.any(Number),
      dryRun: true,
      auditId: "c-1",
      warnings: ["v1 is old"],
      date: expect.stringMatching(/GMT$/),
    });
  });
});

describe("a read-only client", () => {
  it("sends no write, dry-runs and raw ones included", async () => {
    const { kube, requests } = await stub((_, response) => response.end(answer), { readOnly: true });
    const writes = [
      () => kube.apply(configMap, { dryRun: true }),
      () => kube.create(configMap),
      () => kube.replace(configMap),
      () => kube.patch(ref, {}),
      () => kube.delete(ref),
      () => kube.request({ method: "delete", path: "/api/v1/namespaces/x" }),
      () => kube.stream({ method: "POST", path: "/api/v1/namespaces" }),
      () => kube.stream({ path: "/api/v1/namespaces/x/pods/y/exec" }),
      () => kube.connectTarget("/api/v1/namespaces/x/pods/y/exec"),
      () => kube.with({ as: { user: "root" } }).delete(ref),
    ];
    for (const write of writes) await expect(write()).rejects.toMatchObject({ name: "ReadOnlyError" });
    await kube.get(ref);
    expect(requests).toEqual(["GET /api/v1/namespaces/x/configmaps/a"]);
  });
});
