import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plan } from "../../../test/attack/plan.ts";
import { silentLogger } from "../../log.ts";
import { createMetrics } from "../../metrics.ts";
import { openCache } from "./cache.ts";

let folder: string;
let at: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "source-cache-"));
  at = 1_700_000_000_000;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TENANT = "acme";
const metrics = createMetrics();
const open = (maxBytes = 1024 * 1024) =>
  openCache({ folder, maxBytes, now: () => (at += 1_000), log: silentLogger, metrics });
const tree = (text: string) => new Map([["a.cue", Buffer.from(text)]]);
const about = { digest: "sha256:1", revision: "v1", askedAt: 5 };
const filesOf = (kind: string) => readdirSync(join(folder, kind)).map((name) => join(folder, kind, name));

async function textOf(cache: Awaited<ReturnType<typeof open>>, key: string): Promise<string | undefined> {
  const remembered = await cache.find(key, TENANT);
  const files = remembered && (await cache.files(remembered, TENANT));
  return files && Buffer.from(files.get("a.cue") ?? "").toString();
}

describe("the cache of sources", () => {
  it("answers what it was given, by its key alone, and to the next process too", async () => {
    const cache = await open();
    await cache.keep("key", TENANT, tree("one"), about);
    expect(await cache.find("key", TENANT)).toMatchObject(about);
    expect(await textOf(cache, "key")).toBe("one");
    expect(await cache.find("other", TENANT)).toBeUndefined();
    expect(await textOf(await open(), "key")).toBe("one");
  });

  it("keeps one copy of what two references stand for", async () => {
    const cache = await open();
    await cache.keep("a", TENANT, tree("same"), about);
    await cache.keep("b", TENANT, tree("same"), about);
    expect(filesOf("trees")).toHaveLength(1);
    expect(await textOf(cache, "b")).toBe("same");
  });

  it.each(["trees", "references"])("counts a flipped bit anywhere in %s as not there", async (kind) => {
    const random = plan.random(`flip ${kind}`);
    for (let round = 0; round < plan.times(30); round += 1) {
      const cache = await open();
      await cache.keep("key", TENANT, tree("some text"), about);
      const path = filesOf(kind)[0] as string;
      const bytes = readFileSync(path);
      const place = Math.floor(random() * bytes.length);
      bytes[place] = (bytes[place] as number) ^ (1 << Math.floor(random() * 8));
      writeFileSync(path, bytes);
      expect(await textOf(cache, "key")).toBeUndefined();
      expect(filesOf(kind)).toHaveLength(0);
      await cache.keep("key", TENANT, tree("some text"), about);
      expect(await textOf(cache, "key")).toBe("some text");
    }
  });

  it("counts a file cut short, or gone, as not there", async () => {
    const cache = await open();
    await cache.keep("key", TENANT, tree("some text"), about);
    writeFileSync(filesOf("trees")[0] as string, "KN");
    expect(await textOf(cache, "key")).toBeUndefined();
    await cache.keep("key", TENANT, tree("some text"), about);
    rmSync(filesOf("trees")[0] as string);
    expect(await textOf(cache, "key")).toBeUndefined();
  });

  it("lets the longest unused tree go where there is no room, and keeps to its size on disk", async () => {
    const cache = await open(3 * 4096);
    for (const name of ["a", "b", "c"]) await cache.keep(name, TENANT, tree(name), about);
    expect(await textOf(cache, "a")).toBe("a");
    await cache.keep("d", TENANT, tree("d"), about);
    expect(await Promise.all(["a", "b", "c", "d"].map((name) => textOf(cache, name)))).toEqual([
      "a",
      undefined,
      "c",
      "d",
    ]);
    expect(filesOf("trees")).toHaveLength(3);
    expect(metrics.text()).toContain('kubenova_source_cache_evictions_total{kind="trees"} 1');
  });

  it("knows after a restart what was used last, and shrinks to a smaller size", async () => {
    const cache = await open();
    for (const name of ["a", "b", "c"]) await cache.keep(name, TENANT, tree(name), about);
    await textOf(cache, "a");
    const smaller = await open(4096);
    expect(await textOf(smaller, "a")).toBe("a");
    expect(filesOf("trees")).toHaveLength(1);
  });

  it("takes room from the tenant that has most: what others need stays, through a restart too", async () => {
    const textFor = async (cache: Awaited<ReturnType<typeof open>>, key: string, tenant: string) => {
      const remembered = await cache.find(key, tenant);
      return remembered && (await cache.files(remembered, tenant))?.size;
    };
    const cache = await open(8 * 4096);
    await cache.keep("theirs", "small", tree("theirs"), about);
    await cache.keep("both", TENANT, tree("both"), about);
    expect(await textFor(cache, "both", "small")).toBe(1);
    const flood = async (into: typeof cache, from: number) => {
      for (let i = from; i < from + 20; i += 1) await into.keep(`own-${i}`, TENANT, tree(`own ${i}`), about);
    };
    await flood(cache, 0);
    const next = await open(8 * 4096);
    await flood(next, 20);
    expect(await Promise.all(["theirs", "both"].map((key) => textFor(next, key, "small")))).toEqual([1, 1]);
    expect(filesOf("trees").length).toBeLessThanOrEqual(8);
    expect(filesOf("trees-claims").length).toBeLessThanOrEqual(8);
  });

  it("takes a tree of exactly its size, and not a larger one", async () => {
    const cache = await open(2 * 4096);
    const head = 4 + 8 + "a.cue".length;
    await cache.keep("largest", TENANT, tree("x".repeat(2 * 4096 - head)), about);
    expect(await textOf(cache, "largest")).toHaveLength(2 * 4096 - head);
    await cache.keep("more", TENANT, tree("x".repeat(2 * 4096 - head + 1)), about);
    expect(await textOf(cache, "more")).toBeUndefined();
    expect(await textOf(cache, "largest")).toBeDefined();
  });

  it("throws away what a process left half written, and is nobody else's to read", async () => {
    mkdirSync(join(folder, "scratch"), { recursive: true });
    writeFileSync(join(folder, "scratch/half"), "half");
    const cache = await open();
    await cache.keep("key", TENANT, tree("one"), about);
    expect(readdirSync(join(folder, "scratch"))).toEqual([]);
    for (const path of [...filesOf("trees"), ...filesOf("references")]) {
      expect(statSync(path).mode & 0o077).toBe(0);
    }
  });

  it("that cannot write says nothing wrong", async () => {
    const cache = await open();
    rmSync(folder, { recursive: true });
    await cache.keep("key", TENANT, tree("one"), about);
    expect(await cache.find("key", TENANT)).toBeUndefined();
  });
});
