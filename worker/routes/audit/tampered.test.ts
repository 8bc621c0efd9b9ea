import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { checkpointPrefix } from "../../../domain/audit/checkpoint.ts";
import { leafText } from "../../../domain/audit/leaf.ts";
import { leafHash } from "../../../domain/audit/merkle.ts";
import type { VerifyReport } from "../../../domain/audit/report.ts";
import { Verifier } from "../../../domain/audit/verify.ts";
import { StoredTree } from "../../../durable-objects/audit/tree.ts";
import { api, apiRaw } from "../../../test/workerd/api.ts";
import { allAppended, lastNumbers } from "../../../test/workerd/audit.ts";
import { auditEntry } from "../../../test/workerd/audit-entry.ts";
import { exportLog } from "../../audit/export.ts";
import { auditStub } from "../../store/database.ts";

/** What an operator with the storage in his hands could do, and what an auditor makes of it. */

let log: string;
let name: string;
let names = 0;
let changes = 0;
const stub = () => auditStub(env, log);
const change = async (times: number) => {
  for (let i = 0; i < times; i++) {
    await api("PUT", `/tenants/${name}`, { body: { displayName: `change ${++changes}` } });
  }
  await allAppended();
};
const checkpoint = async () => (await apiRaw("GET", `/tenants/${name}/audit:checkpoint`)).text();
const keysOf = async () => {
  const { body } = await api<{ keys: { verifier: string }[] }>("GET", `/tenants/${name}/audit:keys`);
  return body.keys.map(({ verifier }) => verifier);
};

beforeEach(async () => {
  name = `tampered-${++names}`;
  log = (await api<{ id: string }>("PUT", `/tenants/${name}`, { body: {} })).body.id;
  await change(5);
});

type Given = { keys?: string[]; previous?: string[] };

async function verifyText(text: string, given: Given): Promise<VerifyReport> {
  const verifier = new Verifier({ sha256, keys: [], previous: [], ...given });
  for (const line of text.trimEnd().split("\n")) await verifier.take(line);
  return verifier.end();
}

async function verifyExport(given: Given = {}): Promise<VerifyReport> {
  const answer = await apiRaw("GET", `/tenants/${name}/audit:export`);
  return verifyText(new TextDecoder().decode(await answer.arrayBuffer()), given);
}

/** The storage is changed behind the object's back, which then wakes anew. */
async function tamper(work: (sql: SqlStorage, storage: DurableObjectStorage) => void): Promise<void> {
  await runInDurableObject(stub(), (_object, { storage }) => work(storage.sql, storage));
  await evictDurableObject(stub());
}

/** An entry says something else, and all hashes after it are worked out anew, as the log itself would. */
function rebuild(sql: SqlStorage): void {
  const leaves = [...sql.exec<{ idx: number; leaf: string }>("SELECT idx, leaf FROM entries ORDER BY idx")];
  sql.exec("DELETE FROM tree");
  const tree = new StoredTree(sql);
  for (const { idx, leaf } of leaves) {
    const { previous: _, ...entry } = JSON.parse(leaf);
    const text = leafText(
      idx === 1 ? { ...entry, actor: { kind: "user", id: "usr_innocent" } } : entry,
      tree.lastLeaf,
    );
    tree.append(leafHash(sha256, new TextEncoder().encode(text)));
    sql.exec("UPDATE entries SET leaf = ? WHERE idx = ?", text, idx);
  }
}

async function wipeCheckpoints(): Promise<void> {
  const { objects } = await env.ARCHIVE.list({ prefix: checkpointPrefix(log) });
  await env.ARCHIVE.delete(objects.map(({ key }) => key));
}

/** The same by a manager with another ring of keys. */
async function verifyExportOfRing(ring: string, given: Given): Promise<VerifyReport> {
  const last = (await lastNumbers())[log] ?? 0;
  const own = env.KEY_RING;
  try {
    env.KEY_RING = ring;
    const lines = await exportLog(env, { log, tenantId: log, last }, Date.now());
    return await verifyText(await new Response(lines).text(), given);
  } finally {
    env.KEY_RING = own;
  }
}

describe("an export", () => {
  it("of a log that nobody touched verifies, by its own keys and by the auditor's", async () => {
    const previous = [await checkpoint()];
    await change(3);
    const report = await verifyExport({ previous, keys: await keysOf() });
    expect(report).toMatchObject({
      log,
      entries: 9,
      mutations: 9,
      checkpoints: 3,
      covered: 9,
      problems: [],
      remarks: [],
    });
    expect((await verifyExport()).problems).toEqual([]);
  });

  it("shows an entry that was changed", async () => {
    await checkpoint();
    await tamper((sql) => {
      sql.exec(`UPDATE entries SET leaf = replace(leaf, 'platform-admin', 'somebody-else') WHERE idx = 2`);
    });
    const { problems } = await verifyExport();
    expect(problems[0]).toContain("entry 3");
    expect(problems[0]).toContain("does not carry the hash of the entry before it");
    expect(problems.join()).toContain("has another root");
  });

  it("shows a tail that was cut off, even before any checkpoint", async () => {
    await tamper((sql) => {
      sql.exec("DELETE FROM entries WHERE idx >= 4");
      sql.exec("DELETE FROM tree WHERE idx >= 4");
      sql.exec("UPDATE state SET last_number = 4");
    });
    const { problems } = await verifyExport();
    expect(problems).toEqual(["the database gave out number 6, the log ends with 4: the tail is missing"]);
  });

  it("shows a tail that was cut off after a checkpoint, though the database was set back with it", async () => {
    await checkpoint();
    await tamper((sql, { kv }) => {
      sql.exec("DELETE FROM entries WHERE idx >= 4");
      sql.exec("DELETE FROM tree WHERE idx >= 4");
      sql.exec("UPDATE state SET last_number = 4");
      kv.delete("checkpoint");
    });
    await env.DB.prepare("UPDATE audit_logs SET last = 4 WHERE log = ?").bind(log).run();
    const { problems } = await verifyExport();
    expect(problems.join("\n")).toMatch(/is of 6 entries, the file has 4: the tail is missing/);
    expect((await api("GET", `/tenants/${name}/audit:checkpoint`)).code).toBe("KN-1701");
  });

  it("shows a number that never came to the log", async () => {
    await env.DB.prepare("UPDATE audit_logs SET last = last + 2 WHERE log = ?").bind(log).run();
    await change(1);
    const { problems } = await verifyExport();
    expect(problems).toEqual(["the database gave out number 9, the log ends with 6: the tail is missing"]);
  });

  it("shows a log that was built anew with the same key, by the checkpoints in R2", async () => {
    await checkpoint();
    await tamper((sql) => rebuild(sql));
    await change(1);
    const { problems } = await verifyExport();
    expect(problems.join("\n")).toContain("signed no checkpoint over it");
    expect(problems.join("\n")).toMatch(/of 6 entries has another root/);
  });

  it("shows it though the object forgot what it had signed: R2 is asked", async () => {
    for (let i = 0; i < 4; i++) {
      await change(1);
      await checkpoint();
    }
    await tamper((sql, { kv }) => {
      rebuild(sql);
      kv.delete("checkpoint");
    });
    await change(2);
    expect((await api("GET", `/tenants/${name}/audit:checkpoint`)).code).toBe("KN-1701");
    expect((await verifyExport()).problems.join()).toContain("signed no checkpoint over it");
  });

  it("shows a log whose object was wiped and filled with other entries", async () => {
    await checkpoint();
    await runInDurableObject(stub(), (_object, { storage }) => storage.deleteAll());
    await evictDurableObject(stub());
    await stub().append(Array.from({ length: 9 }, (_, i) => ({ ...auditEntry(), number: i + 1 })));
    const said = vi.spyOn(console, "error");
    await runDurableObjectAlarm(stub());
    expect((await api("GET", `/tenants/${name}/audit:checkpoint`)).code).toBe("KN-1701");
    expect(said.mock.calls.join("\n")).toContain(
      `"message":"an audit log is not signed any more","log":"${log}"`,
    );
    said.mockRestore();
    const metrics = await (await apiRaw("GET", "/metrics")).text();
    expect(metrics).toMatch(new RegExp(`kubenova_audit_checkpoints_refused_total\\{log="${log}"\\} [12]\n`));
    const { objects } = await env.ARCHIVE.list({ prefix: checkpointPrefix(log) });
    expect(objects).toHaveLength(1);
  });

  it("shows it by the checkpoint that the auditor kept, where those in R2 are gone too", async () => {
    const previous = [await checkpoint()];
    const keys = await keysOf();
    await tamper((sql, { kv }) => {
      rebuild(sql);
      kv.delete("checkpoint");
    });
    await wipeCheckpoints();
    await change(2);
    expect((await verifyExport({ keys })).problems).toEqual([]);
    const { problems } = await verifyExport({ keys, previous });
    expect(problems).toEqual([
      "the checkpoint that you kept (number 1) of 6 entries has another root: an entry was changed after it was signed",
    ]);
  });

  it("shows a log that was built anew with another key, by the auditor's key", async () => {
    await checkpoint();
    const keys = await keysOf();
    await tamper((sql, { kv }) => {
      rebuild(sql);
      kv.delete("checkpoint");
    });
    await wipeCheckpoints();
    await change(1);
    const ring = `other:${"C".repeat(42)}A=`;
    const { problems } = await verifyExportOfRing(ring, { keys });
    expect(problems).toEqual(["no checkpoint is signed by a key of the log"]);
    expect((await verifyExportOfRing(ring, {})).remarks.join()).toContain("bring yours with --key");
  });

  it("of a log whose key was replaced verifies by the old key, and by the new one", async () => {
    const previous = [await checkpoint()];
    const [oldKey = "", newKey = ""] = await keysOf();
    await change(1);
    for (const keys of [[oldKey], [newKey], [oldKey, newKey]]) {
      expect((await verifyExport({ keys, previous })).problems).toEqual([]);
    }
    const [, newest = ""] = env.KEY_RING.split(",");
    const next = `${newest},next:${"D".repeat(42)}A=`;
    const after = await verifyExportOfRing(next, { keys: [newKey], previous });
    expect(after).toMatchObject({ problems: [], covered: 7 });
    const later = await verifyExportOfRing(next.split(",")[1] ?? "", { previous });
    expect(later.problems).toEqual([]);
    expect(later.remarks.join()).toContain("checkpoints hold whose keys are not known here");
  });
});
