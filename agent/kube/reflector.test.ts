import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { bookmark, event, scripted as start, type Turn } from "../../test/kube/scripted-watch.ts";
import { until } from "../../test/lib/until.ts";

/** On a server that breaks the rules; what a real one does is in reflector.cluster.test.ts. */
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
async function scripted(turns: Turn[]) {
  const started = await start(turns);
  cleanups.push(started.close);
  return started;
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

  it("resumes from the last version where the server ended the watch, bookmarks counted", async () => {
    const { told, urls } = await scripted([
      (response) => response.end(bookmark("5", true) + event("ADDED", "a", "6") + bookmark("8")),
      (response) => void response.write(event("MODIFIED", "a", "9")),
    ]);
    await until("the event came", () => told.length === 2);
    expect(told).toEqual(["+x/a", "~x/a 6→9"]);
    expect(urls[1]?.searchParams.get("resourceVersion")).toBe("8");
    expect(urls[1]?.searchParams.has("sendInitialEvents")).toBe(false);
  });

  it("that sends half a line and breaks off is listed anew: its history may be another one now", async () => {
    const { reflector, clock, told, urls } = await scripted([
      (response) => {
        response.write(bookmark("5", true) + event("ADDED", "a", "6") + event("ADDED", "b", "7"));
        response.write(event("MODIFIED", "a", "8").slice(0, 40), () => response.destroy());
      },
      (response) => void response.write(event("ADDED", "a", "8") + bookmark("8", true)),
    ]);
    await until("the break was noticed", () => reflector.health().state === "backoff");
    await clock.advance(1_000);
    await until("the list came", () => told.length === 4);
    expect(told).toEqual(["+x/a", "+x/b", "-x/b", "~x/a 6→8"]);
    expect(urls[1]?.searchParams.get("sendInitialEvents")).toBe("true");
    expect(reflector.health().relists).toBe(1);
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
    await until("it was left", () => reflector.health().state === "backoff");
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
    const { told, clock, reflector } = await scripted([
      (response) => void response.write(event("ADDED", "a", "40") + bookmark("50", true) + bookmark("30")),
      (response) => void response.write(event("ADDED", "a", "20") + bookmark("31", true)),
    ]);
    await until("it was noticed", () => reflector.health().state === "backoff");
    await clock.advance(1_000);
    await until("listed again", () => told.length === 2);
    expect(told).toEqual(["+x/a", "~x/a 40→20"]);
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
