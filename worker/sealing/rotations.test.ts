import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { api } from "../../test/workerd/api.ts";
import { isolate, place, ringKey } from "../../test/workerd/sealing.ts";
import type { Env } from "../env.ts";
import { runningRotations } from "../store/key-rotations.ts";
import { replaceSealed, type SealedColumn } from "../store/sealed-columns.ts";
import { ACTIVE_MS } from "./key-cache.ts";
import { SETTLE_MS, workOnRotations } from "./rotations.ts";
import { takeStep } from "./walks.ts";

const OWNED: SealedColumn = {
  purpose: "test.one",
  table: "t_one",
  id: "id",
  column: "secret",
  tenant: "tenant_id",
};
const PLAIN: SealedColumn = {
  purpose: "test.two",
  table: "t_two",
  id: "key",
  column: "sealed",
  tenant: null,
};
const COLUMNS = [OWNED, PLAIN];

interface Rotation {
  id: string;
  state: string;
  done: number;
  failed: number;
  startedAt: string;
}

let acme: string;
const rows = async (sql: string) => (await env.DB.prepare(sql).all<Record<string, string>>()).results;
const keysOfDb = async () => rows("SELECT * FROM data_keys ORDER BY id");
const dataKeyOf = (sealed: string | undefined): string => sealed?.split(".")[1] ?? "";
const latest = async (): Promise<Rotation | undefined> =>
  (await api<{ rotations: Rotation[] }>("GET", "/platform/keys")).body.rotations[0];

/** Runs the sweeps of the next half hour. */
async function sweeps(at: Env, begin = Date.now()): Promise<Rotation | undefined> {
  let now = begin;
  for (let sweep = 0; sweep < 6; sweep++) {
    await workOnRotations(at, () => now, COLUMNS);
    now += SETTLE_MS;
  }
  return latest();
}

async function write(
  by: ReturnType<typeof isolate>,
  tenantId: string,
  id: string,
  text: string,
): Promise<void> {
  const secret = await by.seal(place(tenantId, id, OWNED.purpose), text);
  await env.DB.prepare(
    "INSERT INTO t_one (id, tenant_id, secret) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET secret = ?3",
  )
    .bind(id, tenantId, secret)
    .run();
}

const all = async (tenantId: string) =>
  (await rows("SELECT * FROM t_one ORDER BY id")).filter((row) => row.tenant_id === tenantId && row.secret);

beforeEach(async () => {
  for (const table of ["t_one", "t_two"]) await env.DB.prepare(`DROP TABLE IF EXISTS ${table}`).run();
  for (const table of ["data_keys", "key_rotations"]) await env.DB.prepare(`DELETE FROM ${table}`).run();
  await env.DB.prepare("CREATE TABLE t_one (id TEXT PRIMARY KEY, tenant_id TEXT, secret TEXT)").run();
  await env.DB.prepare("CREATE TABLE t_two (key TEXT PRIMARY KEY, sealed TEXT)").run();
  acme = (await api<{ id: string }>("PUT", "/tenants/acme", { body: {} })).body.id;
});

describe("a tenant's new data key", () => {
  it("seals all that the tenant has, while readers and writers go on", async () => {
    let clock = Date.now();
    const busy = isolate(env, () => clock);
    const ids = Array.from({ length: 120 }, (_, n) => `row-${String(n).padStart(3, "0")}`);
    for (const id of ids) await write(busy, acme, id, `of ${id}`);
    await write(busy, "ten_other", "other", "of another");
    await env.DB.prepare("INSERT INTO t_one (id, tenant_id, secret) VALUES ('null', ?, NULL)")
      .bind(acme)
      .run();
    const [before] = await all(acme);

    const answer = await api<Rotation>("POST", "/platform/keys:rotate", { body: { tenant: "acme" } });
    expect([answer.status, answer.body.state]).toEqual([202, "running"]);
    // An isolate that still knows the key of before as the active one writes with it, before and behind the walk.
    const writers = (async () => {
      for (let n = 0; n < 40; n++) {
        await write(busy, acme, `row-${String((n * 7) % 120).padStart(3, "0")}`, `again ${n}`);
        await write(busy, acme, `new-${n}`, `new ${n}`);
        clock += ACTIVE_MS / 50;
      }
    })();
    const readers = (async () => {
      for (let n = 0; n < 40; n++) {
        const row = (await all(acme))[(n * 11) % 100];
        const opened = await isolate(env).open(place(acme, row?.id, OWNED.purpose), row?.secret ?? "");
        expect(opened).toMatch(/^(of row|again|new)[ -]/);
      }
    })();
    await Promise.all([writers, readers, workOnRotations(env, Date.now, COLUMNS)]);
    const end = await sweeps(env, clock);
    expect(end).toMatchObject({ state: "finished", failed: 0 });
    expect(end?.done).toBeGreaterThanOrEqual(120);

    const [old, active] = (await keysOfDb()).filter((key) => key.owner === acme);
    expect(old?.retired_at).not.toBeNull();
    for (const row of await all(acme)) {
      expect(dataKeyOf(row.secret), row.id).toBe(active?.id);
      await expect(
        isolate(env).open(place(acme, row.id, OWNED.purpose), row.secret ?? ""),
      ).resolves.toBeTruthy();
    }
    expect((await all("ten_other")).map((row) => dataKeyOf(row.secret))).not.toContain(active?.id);
    const copy = before?.secret ?? "";
    expect(dataKeyOf(copy)).toBe(old?.id);
    expect(await isolate(env).open(place(acme, "row-000", OWNED.purpose), copy), "a copy of before").toBe(
      "of row-000",
    );
  });

  it("goes on where a walk was killed after a step, and where two walk at once", async () => {
    for (let n = 0; n < 130; n++) await write(isolate(env), acme, `row-${n}`, "x");
    await api("POST", "/platform/keys:rotate", { body: { tenant: "acme" } });
    const [rotation] = await runningRotations(env.DB);
    if (!rotation) throw new Error("no rotation");
    // A step whose place was never stored is taken again.
    await takeStep({ env, now: Date.now(), columns: COLUMNS }, rotation);
    await Promise.all([1, 2, 3].map(() => workOnRotations(env, Date.now, COLUMNS)));
    expect(await sweeps(env)).toMatchObject({ state: "finished", failed: 0 });
    const active = (await keysOfDb()).find((key) => key.retired_at === null)?.id;
    for (const row of await all(acme)) expect(dataKeyOf(row.secret)).toBe(active);
  });

  it("leaves alone what does not open, counts it, and ends", async () => {
    for (const id of ["a", "b", "c"]) await write(isolate(env), acme, id, "x");
    await env.DB.prepare(
      "UPDATE t_one SET secret = (SELECT secret FROM t_one WHERE id = 'a') WHERE id = 'b'",
    ).run();
    const [, moved] = await all(acme);
    await api("POST", "/platform/keys:rotate", { body: { tenant: "acme" } });
    expect(await sweeps(env)).toMatchObject({ state: "finished", done: 2, failed: 1 });
    expect((await all(acme))[1]).toEqual(moved);
  });

  it("is the platform's own where no tenant is named, and one at a time", async () => {
    const sealed = await isolate(env).seal(place(null, "k", PLAIN.purpose), "of the platform");
    await env.DB.prepare("INSERT INTO t_two VALUES ('k', ?)").bind(sealed).run();
    const rotate = () => api<Rotation>("POST", "/platform/keys:rotate", { body: { tenant: null } });
    const [one, two] = await Promise.all([rotate(), rotate()]);
    expect(one.body.id).toBe(two.body.id);
    expect(await sweeps(env)).toMatchObject({ state: "finished", done: 1 });
    const [row] = await rows("SELECT sealed FROM t_two");
    expect(row?.sealed).not.toBe(sealed);
    expect(await isolate(env).open(place(null, "k", PLAIN.purpose), row?.sealed ?? "")).toBe(
      "of the platform",
    );
  });

  it("never overwrites what somebody wrote meanwhile", async () => {
    await write(isolate(env), acme, "a", "old");
    const [read] = await all(acme);
    await write(isolate(env), acme, "a", "newer");
    const stale = { id: "a", sealed: read?.secret ?? "" };
    expect((await replaceSealed(env.DB, OWNED, stale, "kn1.x.y").run()).meta.changes).toBe(0);
  });

  it("is not made for a tenant that is not there, nor from a body that says nothing", async () => {
    const rotate = (body: unknown) => api("POST", "/platform/keys:rotate", { body });
    expect((await rotate({ tenant: "nobody" })).code).toBe("KN-1200");
    expect((await rotate({})).code).toBe("KN-1002");
  });
});

describe("a ring's new primary", () => {
  const [one, two] = [ringKey("one", 1), ringKey("two", 2)];
  const withRing = (...keys: string[]): Env => ({ ...env, KEY_RING: keys.join(",") });

  it("wraps every data key, with old and new in one database, and then the old one can go", async () => {
    const owners = Array.from({ length: 120 }, (_, n) => `ten_${n}`);
    const texts = new Map<string, string>();
    for (const owner of owners) texts.set(owner, await isolate(withRing(one)).seal(place(owner), owner));
    const both = withRing(one, two);
    texts.set("ten_new", await isolate(both).seal(place("ten_new"), "ten_new"));
    const count = async () => new Set((await keysOfDb()).map(({ kek }) => kek));
    expect(await count()).toEqual(new Set(["ring:one", "ring:two"]));

    const { status } = await api("POST", "/platform/keys:rewrap");
    expect(status).toBe(202);
    const readers = (async () => {
      for (const [owner, text] of texts) {
        for (const ring of [both, withRing(two, one)])
          expect(await isolate(ring).open(place(owner), text)).toBe(owner);
      }
    })();
    await Promise.all([readers, sweeps(both)]);
    expect(await sweeps(both)).toMatchObject({ state: "finished", failed: 0 });
    expect(await count()).toEqual(new Set(["ring:two"]));
    for (const [owner, text] of texts)
      expect(await isolate(withRing(two)).open(place(owner), text)).toBe(owner);
    await expect(isolate(withRing(one)).open(place("ten_0"), texts.get("ten_0") ?? "")).rejects.toMatchObject(
      {
        code: "KN-1906",
      },
    );
  });

  it("is told of in the list of keys, which shows what wraps how many and what is missing", async () => {
    await isolate(withRing(one)).seal(place(acme), "x");
    await isolate(env).seal(place(null), "x");
    const { body } = await api("GET", "/platform/keys");
    expect(body.keyEncryptionKeys).toEqual([
      { name: "ring:test-old", configured: true, primary: false, activeDataKeys: 0, retiredDataKeys: 0 },
      { name: "ring:test-new", configured: true, primary: true, activeDataKeys: 1, retiredDataKeys: 0 },
      { name: "ring:one", configured: false, primary: false, activeDataKeys: 1, retiredDataKeys: 0 },
    ]);
    expect(JSON.stringify(body)).not.toContain(env.KEY_RING.split(":")[1]?.slice(0, 16));
  });
});
