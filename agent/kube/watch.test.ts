import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { startStub } from "../../test/kube/stub-server.ts";
import { until } from "../../test/kube/until.ts";
import { createReflector, type Reflector } from "./index.ts";

/** A server that breaks the rules of a watch; what a real one does is in reflector.cluster.test.ts. */
const type = { apiVersion: "v1", kind: "ConfigMap" };
const object = (name: string, resourceVersion: string) => ({
  ...type,
  metadata: { namespace: "x", name, uid: `uid-${name}`, resourceVersion },
});
const event = (kind: string, name: string, version: string) =>
  `${JSON.stringify({ type: kind, object: object(name, version) })}\n`;
const bookmark = (version: string, end = false) =>
  `${JSON.stringify({
    type: "BOOKMARK",
    object: {
      ...type,
      metadata: {
        resourceVersion: version,
        ...(end ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
      },
    },
  })}\n`;

type Turn = (response: ServerResponse, url: URL) => void;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Answers the n-th watch or list with the n-th turn, later ones never. */
async function scripted(turns: Turn[]) {
  const urls: URL[] = [];
  const stub = await startStub((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    urls.push(url);
    turns.shift()?.(response, url);
  });
  const clock = createManualClock();
  const told: string[] = [];
  const errors: string[] = [];
  const reflector: Reflector = createReflector(stub.kube, {
    type,
    clock,
    random: () => 0,
    onError: (error) => errors.push(String(error)),
  });
  reflector.on({
    added: (_, key) => told.push(`+${key}`),
    updated: (now, old, key) =>
      told.push(`~${key} ${old.metadata.resourceVersion}→${now.metadata.resourceVersion}`),
    deleted: (_, key) => told.push(`-${key}`),
  });
  cleanups.push(() => stub.close());
  cleanups.push(() => reflector.stop());
  return { reflector, clock, told, errors, urls };
}

describe("a watch on a server that misbehaves", () => {
  it("begins with initial events, shown only when they are complete", async () => {
    let rest: ServerResponse | undefined;
    const { reflector, told, urls } = await scripted([
      (response) => {
        rest = response;
        response.write(event("ADDED", "a", "1") + event("ADDED", "b", "2"));
      },
    ]);
    await until("the events have arrived", () => reflector.health().events === 2);
    expect([...reflector.store.keys()]).toEqual([]);
    expect(reflector.health().state).toBe("listing");
    rest?.write(bookmark("5", true));
    await reflector.synced;
    expect(told).toEqual(["+x/a", "+x/b"]);
    expect(Object.fromEntries(urls[0]?.searchParams ?? [])).toEqual({
      watch: "true",
      allowWatchBookmarks: "true",
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      timeoutSeconds: "300",
    });
  });

  it("that sends half a line and breaks off loses nothing: it resumes from the last whole event", async () => {
    const { reflector, clock, told, urls } = await scripted([
      (response) => {
        response.write(bookmark("5", true) + event("ADDED", "a", "6"));
        response.write(event("MODIFIED", "a", "7").slice(0, 40), () => response.destroy());
      },
      (response) => void response.write(event("MODIFIED", "a", "7")),
    ]);
    await until("the break was noticed", () => reflector.health().state === "backoff");
    await clock.advance(1_000);
    await until("the event came", () => told.length === 2);
    expect(told).toEqual(["+x/a", "~x/a 6→7"]);
    expect(urls[1]?.searchParams.get("resourceVersion")).toBe("6");
    expect(urls[1]?.searchParams.has("sendInitialEvents")).toBe(false);
  });

  it("that sends half a line and stalls is left after 150 s, and everything is listed anew", async () => {
    const { reflector, clock, told, urls } = await scripted([
      (response) => {
        response.write(bookmark("5", true) + event("ADDED", "a", "6") + event("ADDED", "b", "6"));
        response.write('{"type":"MODI');
      },
      (response) => void response.write(event("ADDED", "b", "9") + bookmark("9", true)),
    ]);
    await until("all came", () => told.length === 2);
    await clock.advance(149_000);
    expect(reflector.health()).toMatchObject({ state: "watching", secondsSinceContact: 149 });
    await clock.advance(1_000);
    await until("listed again", () => told.length === 4);
    expect(told).toEqual(["+x/a", "+x/b", "-x/a", "~x/b 6→9"]);
    expect(urls[1]?.searchParams.get("sendInitialEvents")).toBe("true");
    expect(reflector.health().relists).toBe(1);
  });

  it("relists when history is gone by an ERROR event", async () => {
    const expired = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
    const { reflector, told, urls } = await scripted([
      (response) =>
        response.end(`${bookmark("5", true)}${JSON.stringify({ type: "ERROR", object: expired })}\n`),
      (response) => void response.write(event("ADDED", "a", "9") + bookmark("9", true)),
    ]);
    await until("listed again", () => told.length === 1);
    expect(urls[1]?.searchParams.get("sendInitialEvents")).toBe("true");
    expect(reflector.health()).toMatchObject({ relists: 1, resourceVersion: "9", failuresInARow: 0 });
  });

  it("relists when history is gone by an HTTP 410 on resuming", async () => {
    const { told, clock, reflector } = await scripted([
      (response) => response.end(event("ADDED", "b", "4") + bookmark("5", true)),
      (response) => response.writeHead(410).end('{"kind":"Status","code":410,"reason":"Gone"}'),
      (response) => void response.write(event("ADDED", "a", "9") + bookmark("9", true)),
    ]);
    await until("the first watch has ended", () => reflector.health().lists >= 1);
    await clock.advance(1_000);
    await until("listed again", () => told.length === 3);
    expect(told).toEqual(["+x/b", "-x/b", "+x/a"]);
  });

  it("relists when the server's version goes back: its storage was restored from a backup", async () => {
    const { told } = await scripted([
      (response) => void response.write(event("ADDED", "a", "40") + bookmark("50", true) + bookmark("30")),
      (response) => void response.write(event("ADDED", "a", "20") + bookmark("31", true)),
    ]);
    await until("listed again", () => told.length === 2);
    expect(told).toEqual(["+x/a", "~x/a 40→20"]);
  });

  it("lists page by page where the server has no WatchList", async () => {
    const page = (items: object[], metadata: object) =>
      JSON.stringify({ kind: "ConfigMapList", metadata, items });
    const { reflector, told, urls } = await scripted([
      (response) => response.writeHead(422).end('{"kind":"Status","code":422,"reason":"Invalid"}'),
      (response) => response.end(page([object("a", "1")], { resourceVersion: "7", continue: "more" })),
      (response) => response.end(page([object("b", "2")], { resourceVersion: "7" })),
      (response) => void response.write(event("ADDED", "c", "8")),
    ]);
    await until("the watch goes on behind the list", () => told.length === 3);
    expect(told).toEqual(["+x/a", "+x/b", "+x/c"]);
    expect(urls[2]?.searchParams.get("continue")).toBe("more");
    expect(urls[3]?.searchParams.get("resourceVersion")).toBe("7");
    await expect(reflector.synced).resolves.toBeUndefined();
  });

  it("lists in one answer where a page's token expired", async () => {
    const page = (names: string[], metadata: object) =>
      JSON.stringify({ kind: "ConfigMapList", metadata, items: names.map((name) => object(name, "1")) });
    const { told } = await scripted([
      (response) => response.writeHead(422).end('{"kind":"Status","code":422,"reason":"Invalid"}'),
      (response) => response.end(page(["gone"], { resourceVersion: "7", continue: "more" })),
      (response) => response.writeHead(410).end('{"kind":"Status","code":410,"reason":"Expired"}'),
      (response) => response.end(page(["a", "b"], { resourceVersion: "9" })),
    ]);
    await until("listed", () => told.length === 2);
    expect(told).toEqual(["+x/a", "+x/b"]);
  });

  it("falls back to LIST where initial events never end", async () => {
    const { clock, reflector, urls } = await scripted([
      (response) => void response.write(event("ADDED", "a", "1")),
      (response) => response.end(JSON.stringify({ metadata: { resourceVersion: "7" }, items: [] })),
    ]);
    await until("the first event came", () => reflector.health().events === 1);
    await clock.advance(30_000);
    await reflector.synced;
    expect(urls[1]?.searchParams.get("limit")).toBe("500");
  });

  it("backs off, and more each time, where the watch ends at once or answers garbage", async () => {
    const { clock, reflector, urls, errors } = await scripted([
      (response) => response.end(bookmark("5", true)),
      (response) => response.end(),
      (response) => response.end("<html>\n"),
      (response) => response.writeHead(500).end("no"),
    ]);
    await until("synced", () => reflector.health().synced);
    await until("first backoff", () => urls.length === 2 && clock.sleepers > 0);
    for (const [count, ms] of [
      [3, 250],
      [4, 500],
      [5, 1_000],
    ] as const) {
      await until("it waits", () => reflector.health().failuresInARow === count - 2 && clock.sleepers > 0);
      await clock.advance(ms - 1);
      expect(urls).toHaveLength(count - 1);
      await clock.advance(1);
      await until("it tries again", () => urls.length === count);
    }
    expect(errors).toHaveLength(2);
  });

  it("can be stopped at any moment, and says so to who waits for the first list", async () => {
    const { reflector } = await scripted([]);
    const stopped = reflector.stop();
    await expect(reflector.synced).rejects.toThrow("stopped before its first list");
    await stopped;
    expect(reflector.health().state).toBe("stopped");
  });
});
