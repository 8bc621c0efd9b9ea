import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { startStub } from "../../test/kube/stub-server.ts";
import { until } from "../../test/lib/until.ts";
import { readBody } from "./exchange.ts";
import type { KubeOptions } from "./index.ts";

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

describe("a request", () => {
  it("waits as Retry-After says and then succeeds", async () => {
    let asked = 0;
    const { kube } = await stub((_, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(asked === 1 ? 429 : 503, { "Retry-After": "0.05" }).end("busy");
      else response.end(answer);
    });
    await expect(kube.create(configMap)).resolves.toMatchObject({ kind: "ConfigMap" });
    expect(asked).toBe(3);
  });

  it("fails at once with the server's answer where the told wait outlasts its deadline", async () => {
    const { kube } = await stub((_, response) =>
      response.writeHead(429, { "Retry-After": "60" }).end("busy"),
    );
    await expect(kube.get(ref, { timeoutMs: 5_000 })).rejects.toMatchObject({
      kind: "tooMany",
      retryAfterSeconds: 60,
    });
  });

  it("does not repeat a 500 without Retry-After", async () => {
    const { kube, requests } = await stub((_, response) => response.writeHead(500).end("no"));
    await expect(kube.get(ref)).rejects.toMatchObject({ kind: "transient", status: 500 });
    expect(requests).toHaveLength(1);
  });

  it("ends at its deadline, also in the middle of the answer", async () => {
    const { kube } = await stub((request, response) => {
      if (request.method === "GET") response.write(answer.slice(0, 10));
    });
    await expect(kube.get(ref, { timeoutMs: 100 })).rejects.toMatchObject({
      kind: "transient",
      reason: "Timeout",
    });
    await expect(kube.create(configMap, { timeoutMs: 100 })).rejects.toMatchObject({ reason: "Timeout" });
  });

  it("ends with the caller's reason where the caller aborts", async () => {
    const { kube, requests } = await stub(() => {});
    const caller = new AbortController();
    const pending = kube.get(ref, { signal: caller.signal });
    await until("the request is there", () => requests.length === 1);
    caller.abort(new Error("shutting down"));
    await expect(pending).rejects.toThrow("shutting down");
    await expect(kube.get(ref, { signal: caller.signal })).rejects.toThrow("shutting down");
  });

  it("refuses an answer beyond its size limit without holding it", async () => {
    const { kube } = await stub((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
      };
      response.on("drain", more);
      more();
    });
    await expect(kube.get(ref, { maxResponseBytes: 1_000_000 })).rejects.toMatchObject({ kind: "tooLarge" });
  });

  it("takes an answer that is not JSON for a server that is unwell", async () => {
    const { kube } = await stub((_, response) => response.end("<html>"));
    await expect(kube.get(ref)).rejects.toMatchObject({ kind: "transient", reason: "BadAnswer" });
  });

  it("does not follow redirects, which would carry the credentials elsewhere", async () => {
    const { kube, requests } = await stub((_, response) =>
      response.writeHead(302, { Location: "/else" }).end(),
    );
    await expect(kube.get(ref)).rejects.toMatchObject({ status: 302 });
    expect(requests).toHaveLength(1);
  });

  it("is sent again where a pooled connection was closed just then, unless that may do it twice", async () => {
    let drop = false;
    const { kube, requests } = await stub((request, response) => {
      if (drop) request.socket.destroy();
      else response.end(answer);
      drop = false;
    });
    await kube.get(ref);
    drop = true;
    await expect(kube.apply(configMap)).resolves.toMatchObject({ kind: "ConfigMap" });
    expect(requests).toHaveLength(3);
    drop = true;
    await expect(kube.create(configMap)).rejects.toMatchObject({ kind: "transient" });
    expect(requests).toHaveLength(4);
  });
});

it("an answer that has ended before anybody reads it is not waited for", async () => {
  const message = new PassThrough();
  message.destroy();
  await setImmediate();
  const { signal } = new AbortController();
  await expect(readBody(message as unknown as IncomingMessage, 9, signal)).rejects.toMatchObject({
    kind: "transient",
  });
});
