import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { BUNDLE_ENTRIES } from "../../domain/audit/bundle.ts";
import { fromBase64 } from "../../domain/audit/bytes.ts";
import type { AuditEntry } from "../../domain/audit/entry.ts";
import { type Hash, leafHash } from "../../domain/audit/merkle.ts";
import { verifyInclusion } from "../../domain/audit/proof.ts";
import { auditEntry as entry } from "../../test/workerd/audit-entry.ts";
import { setRetention } from "../../worker/store/audit-settings.ts";
import { AuditLog } from "./log.ts";
import { Upkeep } from "./upkeep.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let logs = 0;
const aName = () => `upkeep-${++logs}`;
const logAt = (name: string) => env.AUDIT.getByName(name);
type Log = ReturnType<typeof logAt>;

/** A round of a log's upkeep as it would be at another time, and what it says then. */
const upkeepAt = (log: Log, name: string, now: number, buckets: Partial<typeof env> = {}) =>
  runInDurableObject(log, async (object, { storage }) => {
    const { tree } = new AuditLog(storage);
    const read = (from: number, limit: number) => (object as unknown as Log).leaves(from, limit);
    const upkeep = new Upkeep({ ...env, ...buckets }, name, storage, tree, read);
    await upkeep.run(now);
    return { ...upkeep.state(), dueAt: upkeep.dueAt() };
  });
const inStorage = (log: Log) =>
  runInDurableObject(
    log,
    (_o, { storage: { sql } }) =>
      sql.exec("SELECT idx FROM entries UNION ALL SELECT rowid FROM search").toArray().length / 2,
  );
const objects = async (prefix: string) => (await env.ARCHIVE.list({ prefix })).objects.map(({ key }) => key);

async function expectProven(log: Log, name: string, entries: readonly AuditEntry[]): Promise<void> {
  for (const [index, { id }] of entries.entries()) {
    const found = await log.find(id);
    expect(found?.index, `${name} ${index}`).toBe(index);
    const proof = await log.inclusion(index, entries.length);
    const leaf = leafHash(sha256, new TextEncoder().encode(found?.leaf));
    const bytes = (text: string) => fromBase64(text) as Hash;
    expect(
      verifyInclusion(sha256, {
        index,
        size: entries.length,
        leaf,
        proof: proof?.proof.map(bytes) ?? [],
        root: bytes(proof?.rootHash ?? ""),
      }),
    ).toBe(true);
  }
}

describe("entries older than 90 days", () => {
  it("move into a bundle in R2, and are read, proven and found there by their ids", async () => {
    const name = aName();
    const log = logAt(name);
    const entries = [entry(), entry(), entry()];
    await log.append(entries);
    expect(await upkeepAt(log, name, Date.now() + 89 * DAY_MS)).toMatchObject({ archived: 0 });
    expect(await upkeepAt(log, name, Date.now() + 91 * DAY_MS)).toMatchObject({ archived: 2, error: null });
    expect(await inStorage(log)).toBe(1);
    expect(await objects(`audit/${name}/entries/`)).toEqual([
      `audit/${name}/entries/000000000000000-000000000000001.jsonl`,
    ]);
    await expectProven(log, name, entries);
    expect((await log.leaves(1, 10)).map(({ index }) => index)).toEqual([1]);
    expect((await log.leaves(2, 10)).map(({ index }) => index)).toEqual([2]);
    await log.append([...entries, entry()]);
    expect((await log.head()).size).toBe(4);
    expect((await log.leaves(3, 10)).map(({ index }) => index)).toEqual([3]);
    const young = await log.range(Date.now(), null);
    expect(young.to).toBe(4);
    expect(await log.range(Date.now() + DAY_MS, null)).toMatchObject({ from: 4 });
  });

  it("move in bundles of a bounded size, the rest stays", async () => {
    const name = aName();
    const log = logAt(name);
    const entries = Array.from({ length: BUNDLE_ENTRIES + 5 }, entry);
    await log.append(entries);
    await upkeepAt(log, name, Date.now() + 91 * DAY_MS);
    expect(await objects(`audit/${name}/entries/`)).toHaveLength(2);
    const last = await log.find(entries.at(-1)?.id ?? "");
    expect(last?.index).toBe(BUNDLE_ENTRIES + 4);
  });

  it("are there once, whether the object dies after the bundle was written or before", async () => {
    const name = aName();
    const log = logAt(name);
    const entries = [entry(), entry()];
    await log.append(entries);
    const now = Date.now() + 91 * DAY_MS;
    const dying = new Proxy(env.ARCHIVE, {
      get: (bucket, key) =>
        key === "head" ? () => Promise.reject(new Error("killed")) : Reflect.get(bucket, key).bind(bucket),
    });
    expect((await upkeepAt(log, name, now, { ARCHIVE: dying })).error).toContain("killed");
    expect(await inStorage(log)).toBe(2);
    await evictDurableObject(log);
    await log.append([entry()]);
    expect(await upkeepAt(log, name, now + DAY_MS)).toMatchObject({ archived: 2, error: null });
    expect(await objects(`audit/${name}/entries/`)).toHaveLength(2);
    await expectProven(log, name, []);
    expect((await log.find(entries[1]?.id ?? ""))?.index).toBe(1);
  });

  it("that somebody changed in R2 are not given out", async () => {
    const name = aName();
    const log = logAt(name);
    const entries = [entry(), entry()];
    await log.append(entries);
    await upkeepAt(log, name, Date.now() + 91 * DAY_MS);
    const [key = ""] = await objects(`audit/${name}/entries/`);
    const text = (await (await env.ARCHIVE.get(key))?.text()) ?? "";
    await env.ARCHIVE.put(key, text.replace("success", "failed "));
    // Asked inside the object: an error that crosses to its caller would be one that nobody caught, here.
    const answer = await runInDurableObject(log, (object) =>
      (object as unknown as Log).find(entries[0]?.id ?? "").then(
        () => "given out",
        (error: unknown) => String(error),
      ),
    );
    expect(answer).toContain("not what was hashed");
  });
});

describe("retention", () => {
  it("deletes bundles that are past it, never the newest entry; every hash and proof stays", async () => {
    const name = aName();
    const log = logAt(name);
    const entries = [entry(), entry()];
    await log.append(entries);
    await env.DB.batch(setRetention(env.DB, name, null, 365, Date.now()));
    await upkeepAt(log, name, Date.now() + 91 * DAY_MS);
    const before = await log.inclusion(0, 2);
    const at = Date.now() + 93 * DAY_MS;
    // Daily: a plan's retention may have changed, of which nobody tells the log.
    expect(await upkeepAt(log, name, at)).toMatchObject({ archived: 1, dueAt: at + DAY_MS });
    expect(await upkeepAt(log, name, Date.now() + 366 * DAY_MS)).toMatchObject({ archived: 0, error: null });
    expect(await objects(`audit/${name}/entries/`)).toEqual([]);
    expect(await log.find(entries[0]?.id ?? "")).toBeNull();
    expect((await log.find(entries[1]?.id ?? ""))?.index).toBe(1);
    expect(await log.inclusion(0, 2)).toEqual(before);
    expect(await log.hashes(0, 10)).toEqual([before?.leafHash, expect.any(String)]);
  });
});

describe("the locked bucket", () => {
  const worm = (name: string) => objects(`kubenova-audit/${name}/`);

  it("gets what is new once a day, under names that are never written twice", async () => {
    const name = aName();
    const log = logAt(name);
    await log.append([entry(), entry()]);
    const at = Date.now();
    const bucket = { AUDIT_WORM: env.ARCHIVE };
    expect(await upkeepAt(log, name, at, bucket)).toMatchObject({ worm: 2, error: null });
    await log.append([entry()]);
    expect(await upkeepAt(log, name, at + 60_000, bucket)).toMatchObject({ worm: 2 });
    expect(await upkeepAt(log, name, at + DAY_MS, bucket)).toMatchObject({ worm: 3 });
    const names = await worm(name);
    expect(names).toEqual([
      `kubenova-audit/${name}/000000000000000-000000000000001.jsonl`,
      `kubenova-audit/${name}/000000000000002-000000000000002.jsonl`,
    ]);
    const text = await (await env.ARCHIVE.get(names[0] ?? ""))?.text();
    expect(text).toBe((await log.leaves(0, 2)).map(({ leaf }) => `${leaf}\n`).join(""));
  });

  it("is never written over: what somebody put there before is told of", async () => {
    const name = aName();
    const log = logAt(name);
    await log.append([entry()]);
    const key = `kubenova-audit/${name}/000000000000000-000000000000000.jsonl`;
    await env.ARCHIVE.put(key, "something else");
    const state = await upkeepAt(log, name, Date.now(), { AUDIT_WORM: env.ARCHIVE });
    expect(state.worm).toBe(0);
    expect(state.error).toContain("not what was to be written");
    expect(await (await env.ARCHIVE.get(key))?.text()).toBe("something else");
  });
});
