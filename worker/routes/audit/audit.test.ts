import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeAll, describe, expect, it } from "vitest";
import { ARCHIVE_AFTER_MS } from "../../../domain/audit/bundle.ts";
import { fromBase64, toBase64 } from "../../../domain/audit/bytes.ts";
import { CHECKPOINT_AFTER_MS, checkpointPrefix, parseCheckpoint } from "../../../domain/audit/checkpoint.ts";
import type { LoggedEntry } from "../../../domain/audit/leaf.ts";
import { leafHash } from "../../../domain/audit/merkle.ts";
import { verifyConsistency, verifyInclusion } from "../../../domain/audit/proof.ts";
import { parseNote, parseVerifier, signatureState } from "../../../domain/audit/signed-note.ts";
import { canonicalJson } from "../../../domain/canonical/index.ts";
import { api, apiRaw } from "../../../test/workerd/api.ts";
import { allAppended } from "../../../test/workerd/audit.ts";
import { auditStub } from "../../store/database.ts";

type Entry = LoggedEntry & { index: number };
interface Page {
  items: Entry[];
  nextCursor: string | null;
}

const put = (name: string, displayName: string, headers: Record<string, string> = {}) =>
  api<{ id: string }>("PUT", `/tenants/${name}`, { body: { displayName }, headers });
const list = async (query = ""): Promise<Page> =>
  (await api<Page>("GET", `/tenants/acme/audit${query}`)).body;
const bytes = (text: string) => fromBase64(text) as Uint8Array<ArrayBuffer>;

let acme: string;

beforeAll(async () => {
  acme = (await put("acme", "0")).body.id;
  await put("globex", "0");
  await put("acme", "1", { "x-correlation-id": "the-second" });
  await api("PUT", "/tenants/acme/projects/shop", { body: {} });
  await api("PATCH", "/tenants/acme/projects/shop", { body: { displayName: "Shop" } });
  await allAppended();
});

describe("the audit log", () => {
  it("is listed page by page, the newest first", async () => {
    const first = await list("?limit=3");
    expect(first.items.map(({ index }) => index)).toEqual([3, 2, 1]);
    const second = await list(`?limit=3&cursor=${first.nextCursor}`);
    expect(second.items.map(({ index, action }) => [index, action])).toEqual([[0, "tenant:update"]]);
    expect(second.nextCursor).toBeNull();
  });

  it("is searched by actor, action, object, outcome, time and words", async () => {
    const found = async (query: string) => (await list(`?${query}`)).items.map(({ index }) => index);
    expect(await found("action=project:update")).toEqual([3, 2]);
    expect(await found(`object=tenant/${acme}`)).toEqual([1, 0]);
    expect(await found("object=project/")).toEqual([3, 2]);
    expect(await found("actor=platform-admin&outcome=success&action=tenant:update")).toEqual([1, 0]);
    expect(await found("actor=nobody")).toEqual([]);
    expect(await found("outcome=denied")).toEqual([]);
    expect(await found("q=the-second")).toEqual([1]);
    expect(await found("q=project+update")).toEqual([3, 2]);
    expect(await found(`q=${encodeURIComponent('x" OR "project')}`)).toEqual([]);
    const [newest] = (await list()).items;
    expect(await found(`since=${newest?.time}`)).toContain(3);
    expect(await found(`until=${newest?.time}`)).not.toContain(3);
    expect(await found("until=2001-01-01T00:00:00Z")).toEqual([]);
    expect(await found("since=2999-01-01T00:00:00Z")).toEqual([]);
  });

  it("holds nothing of another tenant, and the platform's holds none of a tenant", async () => {
    await api("POST", "/clusters", { body: { name: "berlin-1" } });
    await allAppended();
    const platform = await api<Page>("GET", "/audit");
    expect(platform.body.items.map(({ action }) => action)).toEqual(["cluster:create"]);
    const { items } = (await api<Page>("GET", "/tenants/globex/audit")).body;
    expect(items).toHaveLength(1);
    expect((await api("GET", `/tenants/globex/audit/${(await list()).items[0]?.id}`)).code).toBe("KN-1200");
  });

  it("gives one entry by its id, and refuses what it does not understand", async () => {
    const [entry] = (await list()).items;
    expect((await api("GET", `/tenants/acme/audit/${entry?.id}`)).body).toEqual(entry);
    expect((await api("GET", "/tenants/acme/audit?object=nonsense")).code).toBe("KN-1002");
    expect((await api("GET", "/tenants/acme/audit?cursor=x")).code).toBe("KN-1002");
    expect((await api("GET", "/tenants/nobody/audit")).code).toBe("KN-1200");
    expect((await api("GET", "/tenants/acme/audit/aud_x")).code).toBe("KN-1200");
  });

  it("leaves nothing behind where nothing was ever written", async () => {
    const log = "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WZ";
    await auditStub(env, log).list({ limit: 1 });
    expect(await auditStub(env, log).checkpoint()).toBeNull();
    const tables = await runInDurableObject(auditStub(env, log), (_object, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

const checkpoint = async (): Promise<string> =>
  (await apiRaw("GET", "/tenants/acme/audit:checkpoint")).text();
const headOf = (note: string) => {
  const parsed = parseCheckpoint(parseNote(note)?.text ?? "");
  if (!parsed) throw new Error(`no checkpoint: ${note}`);
  return parsed;
};
const kept = async () => (await env.ARCHIVE.list({ prefix: checkpointPrefix(acme) })).objects;

describe("a checkpoint", () => {
  it("is signed by every key of the ring, which are published", async () => {
    const note = await checkpoint();
    expect(headOf(note)).toMatchObject({ origin: `kubenova.invalid/audit/${acme}`, size: 4 });
    const { keys } = (await api<{ keys: { verifier: string }[] }>("GET", "/tenants/acme/audit:keys")).body;
    expect(keys).toHaveLength(2);
    for (const { verifier } of keys) {
      const parsed = await parseVerifier(verifier);
      expect(parsed && (await signatureState(parseNote(note) as never, [parsed]))).toBe("good");
    }
  });

  it("is kept in R2 for good, and made only where the log has grown", async () => {
    const before = await kept();
    expect(await checkpoint()).toBe(await checkpoint());
    expect((await kept()).map(({ key }) => key)).toEqual(before.map(({ key }) => key));
    const [object] = before;
    expect(await (await env.ARCHIVE.get(object?.key ?? ""))?.text()).toBe(await checkpoint());
  });

  it("is made by itself within a minute of an entry, and then no more", async () => {
    await put("acme", "active");
    await allAppended();
    const stub = auditStub(env, acme);
    const alarm = () => runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
    const due = ((await alarm()) ?? 0) - Date.now();
    expect(due).toBeGreaterThan(0);
    expect(due).toBeLessThanOrEqual(CHECKPOINT_AFTER_MS);
    expect(CHECKPOINT_AFTER_MS).toBeLessThan(60_000);
    const before = (await kept()).length;
    await runDurableObjectAlarm(stub);
    expect(await kept()).toHaveLength(before + 1);
    expect(await alarm()).toBeGreaterThan(Date.now() + ARCHIVE_AFTER_MS - 60 * 60_000);
  });
});

describe("a proof", () => {
  it("shows that an entry stands in the log of a checkpoint", async () => {
    const { size, root } = headOf(await checkpoint());
    for (const { index, ...leaf } of (await list()).items) {
      const { body } = await api<{ index: number; leafHash: string; proof: string[]; rootHash: string }>(
        "GET",
        `/tenants/acme/audit:inclusion?entry=${leaf.id}&size=${size}`,
      );
      const hash = leafHash(sha256, new TextEncoder().encode(canonicalJson(leaf)));
      expect(body).toMatchObject({ index, leafHash: toBase64(hash), rootHash: toBase64(root) });
      const claim = { index, size, leaf: hash, proof: body.proof.map(bytes), root };
      expect(verifyInclusion(sha256, claim)).toBe(true);
    }
  });

  it("shows that the log continues what it was", async () => {
    const older = headOf(await checkpoint());
    await put("acme", "grown");
    await allAppended();
    const newer = headOf(await checkpoint());
    expect(newer.size).toBe(older.size + 1);
    const path = `/tenants/acme/audit:consistency?from=${older.size}&to=${newer.size}`;
    const { body } = await api<{ proof: string[] }>("GET", path);
    expect(verifyConsistency(sha256, older, newer, body.proof.map(bytes))).toBe(true);
  });

  it("is not given for what is not there", async () => {
    const [entry] = (await list()).items;
    for (const query of [
      `inclusion?entry=${entry?.id}&size=1`,
      `inclusion?entry=${entry?.id}&size=1000`,
      "inclusion?entry=aud_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
      "consistency?from=0",
      "consistency?from=3&to=2",
      "consistency?from=1&to=1000",
    ]) {
      expect((await api("GET", `/tenants/acme/audit:${query}`)).code, query).toBe("KN-1200");
    }
  });
});
