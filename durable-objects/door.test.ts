import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { LeaseAnswer } from "../domain/limits/grant.ts";
import { quotaOf } from "../domain/limits/window.ts";
import { api } from "../test/workerd/api.ts";
import { limitsStub, tenantStub } from "../worker/store/database.ts";

let count = 0;

async function givenTenant(limits: Record<string, number>) {
  const name = `counted-${count++}`;
  const { body } = await api<{ id: string }>("PUT", `/tenants/${name}`, { body: {} });
  await api("PUT", `/tenants/${name}/limits`, { body: limits });
  return tenantStub(env, body.id);
}

const lease = async (
  door: ReturnType<typeof tenantStub> | ReturnType<typeof limitsStub>,
  asked: number,
  principalId = "usr_ada",
): Promise<LeaseAnswer> => await door.lease({ principalId, asked });

/** As an answer tells it: what is left of each limit. */
const left = ({ limits }: LeaseAnswer) => Object.fromEntries(limits.map((each) => [each.name, each.left]));

const rowsOf = (stub: DurableObjectStub): Promise<string[]> =>
  runInDurableObject(stub, async (_object, { storage }) => [...(await storage.list()).keys()]);

describe("the count of requests", () => {
  it("outlives its object, of the tenant and of each who is counted", async () => {
    const door = await givenTenant({ requestsPerMinute: 100, principalRequestsPerMinute: 60 });
    expect((await lease(door, 50)).granted).toBe(50);
    expect((await lease(door, 20, "usr_bob")).granted).toBe(20);
    await evictDurableObject(door);
    expect(left(await lease(door, 5))).toEqual({ tenant: quotaOf(100) - 75, principal: quotaOf(60) - 55 });
    await evictDurableObject(door);
    expect(left(await lease(door, 1, "usr_bob"))).toEqual({
      tenant: quotaOf(100) - 76,
      principal: quotaOf(60) - 21,
    });
  });

  it("lets through the limit once, however often its object sleeps", async () => {
    const door = await givenTenant({ requestsPerMinute: 60 });
    let granted = 0;
    for (let burst = 0; burst < 8; burst++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => lease(door, 1)));
      for (const answer of answers) granted += answer.granted;
      await evictDurableObject(door);
    }
    expect(granted).toBe(quotaOf(60));
    expect((await lease(door, 1)).retryAfterMs).toBeGreaterThan(30_000);
  });

  it("of a large limit is written less often than it grows, and never found smaller than it was", async () => {
    const door = await givenTenant({ requestsPerMinute: 100_000, principalRequestsPerMinute: 100_000 });
    for (let i = 0; i < 10; i++) await lease(door, 40);
    await evictDurableObject(door);
    const { tenant } = left(await lease(door, 1));
    expect(tenant).toBeLessThanOrEqual(quotaOf(100_000) - 401);
    expect(tenant).toBeGreaterThanOrEqual(quotaOf(100_000) - 401 - 500);
  });

  it("of one who belongs to no tenant outlives its object, too", async () => {
    const door = limitsStub(env, "principal:usr_alone");
    await lease(door, 200, "usr_alone");
    await evictDurableObject(door);
    const { principal } = left(await lease(door, 1, "usr_alone"));
    expect(principal).toBeLessThanOrEqual(quotaOf(1_000) - 201);
  });
});

describe("the count of streams", () => {
  it("outlives its object, of those that last", async () => {
    const door = await givenTenant({ streams: 2, principalStreams: 1 });
    const ada = { id: "of-ada", principalId: "usr_ada" };
    expect(await door.openStream(ada)).toEqual({ ok: true });
    await door.renewStream(ada);
    await evictDurableObject(door);
    const another = { id: "another", principalId: "usr_ada" };
    expect(await door.openStream(another)).toEqual({ ok: false, limit: "principal", most: 1 });
    await evictDurableObject(door);
    await door.closeStream(ada.id);
    expect(await rowsOf(door)).toEqual([]);
    expect(await door.openStream(another)).toEqual({ ok: true });
  });
});

describe("what is stored", () => {
  it("is a row for each who is counted, and no alarm; a stream leaves one once it lasts", async () => {
    const door = await givenTenant({});
    await door.openStream({ id: "one", principalId: "usr_ada" });
    expect(await rowsOf(door)).toEqual([]);
    for (let i = 0; i < 3; i++) await lease(door, 1);
    await lease(door, 1, "usr_bob");
    expect(await rowsOf(door)).toEqual(["count:tenant", "count:usr_ada", "count:usr_bob"]);
    await door.renewStream({ id: "one", principalId: "usr_ada" });
    expect((await rowsOf(door)).at(-1)).toBe("stream:one");
    await door.closeStream("one");
    expect(await rowsOf(door)).toHaveLength(3);
    expect(await runInDurableObject(door, (_object, { storage }) => storage.getAlarm())).toBeNull();
  });

  it("is forgotten once many of the counts are over", async () => {
    const door = await givenTenant({});
    await lease(door, 1);
    const over = { unwritten: 5, slots: [Date.now() - 60_000, 7] };
    await runInDurableObject(door, async (_object, { storage }) => {
      for (let i = 0; i < 150; i++) await storage.put(`count:usr_${i}`, over);
    });
    await evictDurableObject(door);
    expect(left(await lease(door, 1))).toEqual({ tenant: 1078 - 5, principal: 1078 - 5 });
    expect(await rowsOf(door)).toEqual(["count:tenant", "count:usr_ada"]);
  });
});
