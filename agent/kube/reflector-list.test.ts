import { afterEach, describe, expect, it } from "vitest";
import { event, object, scripted as start, type Turn } from "../../test/kube/scripted-watch.ts";
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

describe("a reflector without WatchList", () => {
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
});
