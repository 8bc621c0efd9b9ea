import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { sha256 } from "@noble/hashes/sha2.js";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../domain/audit/entry.ts";
import type { LoggedEntry } from "../../domain/audit/leaf.ts";
import { EMPTY, type Frontier, grow, leafHash, rootOf } from "../../domain/audit/merkle.ts";
import { until } from "../../test/lib/until.ts";
import { api } from "../../test/workerd/api.ts";
import { allAppended, loggedIn } from "../../test/workerd/audit.ts";
import { givenUser } from "../../test/workerd/principals.ts";
import { anId } from "../../test/workerd/seed.ts";
import { auditStub } from "../store/database.ts";
import { inTransit, revealed, sealedForLog } from "./personal.ts";

const ADDRESS = "203.0.113.77";
const AGENT = "a browser like no other";

/** Everything that D1, R2 and a log's object hold, as one text. */
async function stored(log: string): Promise<string> {
  const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string;
  }>();
  const rows: unknown[] = [];
  for (const { name } of tables.results.filter(({ name }) => !name.startsWith("_cf_")))
    rows.push((await env.DB.prepare(`SELECT * FROM "${name}"`).all()).results);
  const { objects } = await env.ARCHIVE.list();
  const bodies = await Promise.all(objects.map(async ({ key }) => (await env.ARCHIVE.get(key))?.text()));
  const object = await runInDurableObject(auditStub(env, log), (_object, { storage: { sql } }) =>
    ["entries", "waiting", "counted"].map((table) => sql.exec(`SELECT * FROM ${table}`).toArray()),
  );
  return JSON.stringify([rows, bodies, object]);
}

/** The root over the texts that stand in the log, and the one that its object keeps. */
const rootsOf = (log: string) =>
  runInDurableObject(auditStub(env, log), (_object, { storage: { sql } }) => {
    let frontier: Frontier = EMPTY;
    for (const { leaf } of sql.exec<{ leaf: string }>("SELECT leaf FROM entries ORDER BY idx"))
      frontier = grow(sha256, frontier, leafHash(sha256, new TextEncoder().encode(leaf))).frontier;
    const stored = [...sql.exec<{ hashes: ArrayBuffer }>("SELECT hashes FROM tree ORDER BY idx")];
    let kept: Frontier = EMPTY;
    for (const { hashes } of stored) kept = grow(sha256, kept, new Uint8Array(hashes).slice(0, 32)).frontier;
    return [rootOf(sha256, frontier), rootOf(sha256, kept)];
  });

const addressesOf = async (entries: LoggedEntry[]) => (await revealed(env, entries)).map((e) => e.address);

let user: string;
let tenant: string;
let entries: LoggedEntry[];

beforeAll(async () => {
  const { id, token } = await givenUser([{ role: "platform-admin", scope: { level: "platform" } }]);
  user = id;
  const headers = { "cf-connecting-ip": ADDRESS, "user-agent": AGENT };
  const made = await api<{ id: string }>("PUT", "/tenants/acme", { body: {}, token, headers });
  tenant = made.body.id;
  await api("PATCH", "/tenants/acme", { body: { displayName: "Acme" }, token, headers });
  await allAppended();
  await until("both entries", async () => (await loggedIn(tenant)).length === 2);
  entries = await loggedIn(tenant);
});

describe("an address in the log", () => {
  it("stands there sealed, and nowhere in plain", async () => {
    for (const entry of entries) {
      expect(entry).not.toHaveProperty("address");
      expect(entry.personal).toMatch(/^kp1\.[A-Za-z0-9_-]+$/);
    }
    expect(entries[0]?.personal).not.toBe(entries[1]?.personal);
    expect(await stored(tenant)).not.toContain(ADDRESS);
  });

  it("is read by whoever may read the log", async () => {
    expect(await addressesOf(entries)).toEqual([ADDRESS, ADDRESS]);
    const [one] = await revealed(env, entries);
    expect(one).toEqual({ ...entries[0], address: ADDRESS });
  });

  it("opens in no other entry and for no other person", async () => {
    const [one, two] = entries as [LoggedEntry, LoggedEntry];
    expect(await addressesOf([{ ...one, personal: two.personal }])).toEqual([undefined]);
    const { id } = await givenUser();
    expect(await addressesOf([{ ...one, actor: { kind: "user", id } }])).toEqual([undefined]);
  });

  it("waits in the database under the manager's own key, and arrives under the person's", async () => {
    const { personal: _, previous: __, ...bare }: LoggedEntry = entries[0] as LoggedEntry;
    const waiting = await inTransit<AuditEntry>(env, { ...bare, address: ADDRESS });
    expect(waiting).not.toHaveProperty("address");
    expect(waiting.personal).toMatch(/^kt1\./);
    const [arrived] = await sealedForLog(env, [waiting]);
    expect(arrived?.personal).toMatch(/^kp1\./);
    expect((await revealed(env, arrived ? [arrived] : []))[0]?.address).toBe(ADDRESS);
    const [elsewhere] = await sealedForLog(env, [{ ...waiting, id: "aud_01KAJ7Z8Q4X2N6V0D3M5R9T1WB" }]);
    expect(elsewhere).not.toHaveProperty("personal");
  });
});

describe("a log", () => {
  it("takes no address that is not sealed for its person, whoever appends", async () => {
    const { personal: _, previous: __, ...bare }: LoggedEntry = entries[0] as LoggedEntry;
    const plain = { ...bare, id: anId("auditEntry"), number: 3, address: ADDRESS };
    const waiting = await inTransit(env, { ...plain, id: anId("auditEntry"), number: 4 });
    await auditStub(env, tenant).append([plain, waiting]);
    for (const entry of (await loggedIn(tenant)).slice(2)) {
      expect(entry).not.toHaveProperty("address");
      expect(entry).not.toHaveProperty("personal");
    }
    entries = await loggedIn(tenant);
  });
});

describe("a secret that somebody wrote", () => {
  it("does not come into the log", async () => {
    const { personal: _, previous: __, ...bare }: LoggedEntry = entries[0] as LoggedEntry;
    const [kept] = await sealedForLog(env, [
      await inTransit(env, { ...bare, reason: "password=hunter2222 was wrong" }),
    ]);
    expect(kept?.reason).toBe("password=[secret] was wrong");
  });
});

describe("forgetting a person", () => {
  it("wants the id once more, a disabled account, somebody who was there, and the right to it", async () => {
    const forget = (id: string, confirm = id, init = {}) =>
      api("POST", `/users/${id}:forget?confirm=${confirm}`, init);
    expect((await forget(user, "other")).code).toBe("KN-1008");
    expect((await forget(user)).code).toBe("KN-1710");
    expect((await forget("usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB")).code).toBe("KN-1200");
    const owner = await givenUser([{ role: "tenant-owner", scope: { level: "tenant", tenantId: tenant } }]);
    expect((await forget(user, user, { token: owner.token })).code).toBe("KN-1102");
    expect((await addressesOf(entries)).slice(0, 2)).toEqual([ADDRESS, ADDRESS]);
  });

  it("makes what was sealed unreadable, while the log and its proofs stay what they are", async () => {
    const before = await rootsOf(tenant);
    await env.DB.prepare("UPDATE sessions SET address = ?, user_agent = ? WHERE user_id = ?")
      .bind(ADDRESS, AGENT, user)
      .run();
    await env.DB.prepare("UPDATE users SET state = 'disabled' WHERE id = ?").bind(user).run();
    expect((await api("POST", `/users/${user}:forget?confirm=${user}`)).status).toBe(200);
    await until("an isolate to look again", async () =>
      (await addressesOf(entries)).every((address) => address === undefined),
    );
    expect(await loggedIn(tenant)).toEqual(entries);
    const after = await rootsOf(tenant);
    expect(after).toEqual(before);
    expect(after[0]).toEqual(after[1]);
    const all = await stored(tenant);
    for (const personal of [ADDRESS, AGENT, `${user.toLowerCase()}@example.com`])
      expect(all).not.toContain(personal);
  });

  it("lasts: what still comes of that person has no address, and a second time changes nothing", async () => {
    const { personal: _, previous: __, ...bare }: LoggedEntry = entries[0] as LoggedEntry;
    const [late] = await sealedForLog(env, [{ ...bare, address: ADDRESS }]);
    expect(late).toEqual(bare);
    const again = await api<{ forgottenAt: string }>("POST", `/users/${user}:forget?confirm=${user}`);
    const first = await api<{ forgottenAt: string }>("POST", `/users/${user}:forget?confirm=${user}`);
    expect(again.body).toEqual(first.body);
  });
});
