import { PassThrough, Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { startStub } from "../../test/kube/stub-server.ts";
import { until } from "../../test/lib/until.ts";
import type { RequestInfo } from "./index.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
async function stub(
  handler: Parameters<typeof startStub>[0],
  onRequest: (info: RequestInfo) => void = () => {},
) {
  const started = await startStub(handler, { onRequest });
  cleanups.push(() => started.close());
  return started.kube;
}

describe("a stream", () => {
  it("gives any status, its headers and its bytes as they come", async () => {
    const kube = await stub((_, response) => response.writeHead(503, { "X-Why": "busy" }).end("later"));
    const { status, headers, body } = await kube.stream({ path: "/api/v1/namespaces/x/pods/y/log" });
    expect([status, headers["x-why"], (await body.toArray()).join("")]).toEqual([503, "busy", "later"]);
  });

  it("pushes back where nobody reads, and ends the sender's side when it is destroyed", async () => {
    let sent = 0;
    let ended = false;
    const kube = await stub((_, response) => {
      const more = () => {
        for (let room = true; room && !response.destroyed; sent += 65_536)
          room = response.write(Buffer.alloc(65_536));
      };
      response.on("drain", more).on("close", () => {
        ended = true;
      });
      more();
    });
    const { body } = await kube.stream({ path: "/log" });
    let before = -1;
    await until("the sender has stopped", async () => {
      before = sent;
      await delay(50);
      return sent === before;
    });
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    body.destroy();
    await until("the sender is told", () => ended);
  });

  it("ends with an error where the caller aborts, and is reported when it ends", async () => {
    const infos: RequestInfo[] = [];
    const kube = await stub(
      (_, response) => void response.write("first"),
      (info) => infos.push(info),
    );
    const caller = new AbortController();
    const { body } = await kube.stream({
      path: "/log",
      signal: caller.signal,
      metric: { verb: "log", resource: "pods" },
    });
    await until("the first bytes came", () => body.readableLength > 0);
    expect(infos.filter(({ verb }) => verb === "log")).toEqual([]);
    caller.abort(new Error("enough"));
    await expect(body.toArray()).rejects.toThrow("enough");
    await until("it was reported", () => infos.some(({ verb, status }) => verb === "log" && status === 200));
  });

  it("carries a body as it comes, and breaks off where its source does", async () => {
    const kube = await stub((request, response) => {
      request.on("error", () => {});
      request.pipe(response);
    });
    const sent = await kube.stream({ method: "POST", path: "/echo", body: Readable.from(["a", "b"]) });
    expect((await sent.body.toArray()).join("")).toBe("ab");
    const source = new PassThrough();
    source.write("half");
    const broken = await kube.stream({ method: "POST", path: "/echo", body: source });
    source.destroy();
    await expect(broken.body.toArray()).rejects.toThrow();
  });

  it("that never begins ends at its deadline", async () => {
    const kube = await stub(() => {});
    const waiting = kube.stream({ path: "/log", headersTimeoutMs: 100 });
    await expect(waiting).rejects.toMatchObject({ kind: "transient", reason: "Timeout" });
  });
});
