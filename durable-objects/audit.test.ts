import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { COUNT_WINDOW_MS } from "../domain/audit/counted.ts";
import { type AuditEntry, auditEntrySchema } from "../domain/audit/entry.ts";
import { anId } from "../test/workerd/seed.ts";

const entry = (fields: Partial<AuditEntry> = {}): AuditEntry =>
  auditEntrySchema.parse({
    id: anId("auditEntry"),
    time: "2026-11-21T10:00:00.000Z",
    actor: { kind: "platform-admin", id: "platform-admin" },
    action: "tenant:update",
    object: "tenant/ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
    tenant: null,
    outcome: "success",
    requestId: anId("request"),
    correlationId: "c-1",
    ...fields,
  });

let logs = 0;
const aLog = () => env.AUDIT.getByName(`log-${++logs}`);
type Log = ReturnType<typeof aLog>;

const leavesOf = (log: Log): Promise<AuditEntry[]> =>
  runInDurableObject(log, (_object, { storage }) =>
    [...storage.sql.exec<{ leaf: string }>("SELECT leaf FROM entries ORDER BY idx")].map(({ leaf }) =>
      JSON.parse(leaf),
    ),
  );
const numbersOf = async (log: Log) => (await leavesOf(log)).map(({ number }) => number);

describe("a log", () => {
  it("takes an entry once, however often it comes", async () => {
    const log = aLog();
    const entries = [entry({ number: 1 }), entry({ number: 2 }), entry()];
    await log.append(entries);
    await Promise.all([log.append(entries), log.append([...entries].reverse())]);
    expect((await leavesOf(log)).map(({ id }) => id)).toEqual(entries.map(({ id }) => id));
  });

  it("keeps what comes before its predecessor until that is there, over a restart too", async () => {
    const log = aLog();
    await log.append([entry({ number: 3 }), entry({ number: 2 })]);
    expect(await numbersOf(log)).toEqual([]);
    await evictDurableObject(log);
    await log.append([entry({ number: 1 })]);
    expect(await numbersOf(log)).toEqual([1, 2, 3]);
  });

  it("goes on without a predecessor that does not come, so that the gap is seen", async () => {
    const log = aLog();
    await log.append([entry({ number: 1 }), entry({ number: 3 })]);
    await runInDurableObject(log, async (_object, { storage }) => {
      storage.sql.exec("UPDATE waiting SET at = 0");
      await storage.setAlarm(Date.now() + 60_000);
    });
    await runDurableObjectAlarm(log);
    await log.append([entry({ number: 4 })]);
    expect(await numbersOf(log)).toEqual([1, 3, 4]);
  });

  it("counts what is like another of the same minute, and tells of each kind at once", async () => {
    const log = aLog();
    const denied = (fields: Partial<AuditEntry> = {}) => entry({ outcome: "denied", ...fields });
    for (let i = 0; i < 50; i++) await log.note(denied({ object: `app/${i}` }));
    await log.note(denied({ action: "tenant:delete" }));
    await log.note(denied({ actor: { kind: "user", id: "other" }, count: 3 }));
    expect((await leavesOf(log)).map(({ count }) => count)).toEqual([undefined, undefined, 3]);
    await runInDurableObject(log, (_object, { storage }) => {
      storage.sql.exec("UPDATE counted SET until = until - ?", COUNT_WINDOW_MS);
    });
    await runDurableObjectAlarm(log);
    const after = await leavesOf(log);
    expect(after.slice(3)).toEqual([expect.objectContaining({ count: 49, object: "app/49" })]);
  });

  it("tells of each secret that was read", async () => {
    const log = aLog();
    for (const object of ["secret/a", "secret/b", "secret/a"]) await log.note(entry({ object }));
    expect((await leavesOf(log)).map(({ object }) => object)).toEqual(["secret/a", "secret/b"]);
  });
});
