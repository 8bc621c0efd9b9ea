import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../domain/canonical/index.ts";
import { until } from "../../test/lib/until.ts";
import { api } from "../../test/workerd/api.ts";
import { allAppended, entriesOf, lastNumbers, loggedIn } from "../../test/workerd/audit.ts";
import { givenUser } from "../../test/workerd/principals.ts";
import { auditStub } from "../store/database.ts";

const put = (name: string, displayName: string, headers: Record<string, string> = {}) =>
  api<{ id: string }>("PUT", `/tenants/${name}`, { body: { displayName }, headers });

let acme: string;
let globex: string;

beforeAll(async () => {
  acme = (await put("acme", "0")).body.id;
  globex = (await put("globex", "0")).body.id;
});

/** How many numbers the mutations of a log have taken. */
const taken = async (log: string): Promise<number> => (await lastNumbers())[log] ?? 0;

async function expectGapless(log: string): Promise<void> {
  await allAppended();
  const entries = await loggedIn(log);
  const numbers = entries.flatMap(({ number }) => number ?? []);
  expect(numbers).toEqual(Array.from({ length: await taken(log) }, (_, i) => i + 1));
  expect(new Set(entries.map(({ tenant }) => tenant))).toEqual(new Set([log === "platform" ? null : log]));
}

describe("a mutation", () => {
  it("has one entry, which tells who did what and by which request", async () => {
    const headers = { "x-correlation-id": "c-one", "cf-connecting-ip": "192.0.2.7" };
    const { headers: answered } = await put("acme", "told", headers);
    const events = await api<{ items: { data: { before: unknown; after: unknown } }[] }>(
      "GET",
      "/events?correlationId=c-one",
    );
    const { before, after } = events.body.items[0]?.data ?? {};
    expect(await entriesOf("c-one")).toEqual([
      {
        id: expect.stringMatching(/^aud_/),
        time: expect.any(String),
        actor: { kind: "platform-admin", id: "platform-admin" },
        action: "tenant:update",
        object: `tenant/${acme}`,
        tenant: acme,
        outcome: "success",
        requestId: answered.get("x-request-id"),
        correlationId: "c-one",
        before: await digestOf(before),
        after: await digestOf(after),
        personal: expect.stringMatching(/^kp1\./),
        number: await taken(acme),
        previous: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  it("that is sent twice with one Idempotency-Key has one entry", async () => {
    const before = await taken(acme);
    const headers = { "idempotency-key": "same", "x-correlation-id": "c-same" };
    for (let i = 0; i < 3; i++) await put("acme", "once", headers);
    expect(await entriesOf("c-same")).toHaveLength(1);
    expect(await taken(acme)).toBe(before + 1);
  });

  it("that changes nothing, or is refused, takes no number", async () => {
    await put("acme", "as it is");
    const before = await taken(acme);
    await put("acme", "as it is");
    await put("acme", "as it is", { "idempotency-key": "nothing" });
    expect((await put("acme", "other", { "if-match": '"1"' })).status).toBe(412);
    expect((await put("acme", "other", { "if-none-match": "*" })).status).toBe(412);
    expect(await taken(acme)).toBe(before);
  });

  it("whose batch fails takes no number, and the next has no gap", async () => {
    const before = await taken(acme);
    const etag = (await put("acme", "read")).headers.get("etag") ?? "";
    const writers = Array.from({ length: 6 }, (_, i) => put("acme", `racer ${i}`, { "if-match": etag }));
    const won = (await Promise.all(writers)).filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(await taken(acme)).toBe(before + 2);
    await expectGapless(acme);
  });

  it("takes a number of its own log, however many write to it and to others", async () => {
    const writers = Array.from({ length: 8 }, async (_, w) => {
      for (let i = 0; i < 4; i++) await put(w % 2 ? "acme" : "globex", `writer ${w}, ${i}`);
    });
    await Promise.all(writers);
    for (const log of [acme, globex]) await expectGapless(log);
  });

  it("leaves nothing behind in the outbox", async () => {
    await put("acme", "last");
    await allAppended();
    expect(await env.DB.prepare("SELECT * FROM audit_outbox").first()).toBeNull();
  });
});

describe("what is refused", () => {
  const denialsIn = async (log: string, actor: string) =>
    (await loggedIn(log)).filter((entry) => entry.actor.id === actor && entry.outcome === "denied");

  it("to somebody who may see it stands in its log, with his session", async () => {
    const viewer = await givenUser([{ role: "viewer", scope: { level: "tenant", tenantId: acme } }]);
    const body = { displayName: "mine" };
    expect((await api("PUT", "/tenants/acme", { token: viewer.token, body })).code).toBe("KN-1102");
    const [denial] = await until("the denial", async () => {
      const found = await denialsIn(acme, viewer.id);
      return found.length > 0 && found;
    });
    expect(denial).toMatchObject({
      actor: { kind: "user", id: viewer.id, sessionId: viewer.sessionId },
      action: "tenant:update",
      object: `tenant/${acme}`,
      tenant: acme,
    });
    expect(denial).not.toHaveProperty("number");
  });

  it("to somebody who may not even see it stands in the platform's log, and not in the other's", async () => {
    const stranger = await givenUser([
      { role: "tenant-owner", scope: { level: "tenant", tenantId: globex } },
    ]);
    expect((await api("GET", "/tenants/acme", { token: stranger.token })).code).toBe("KN-1200");
    await until("the denial", async () => (await denialsIn("platform", stranger.id)).length > 0);
    expect(await denialsIn(acme, stranger.id)).toEqual([]);
  });

  it("a hundred times is an entry and a count, and others' entries do not wait", async () => {
    const knocker = await givenUser([{ role: "viewer", scope: { level: "tenant", tenantId: acme } }]);
    const knock = () => api("DELETE", "/tenants/acme?confirm=acme", { token: knocker.token });
    const meanwhile = put("acme", "meanwhile", { "x-correlation-id": "c-flood" });
    const answers = await Promise.all(Array.from({ length: 100 }, knock));
    await meanwhile;
    // What the limit on requests stops goes no further: nobody asks what it was about.
    const refused = answers.filter(({ code }) => code === "KN-1102").length;
    expect(refused).toBeGreaterThan(10);
    expect(await entriesOf("c-flood")).toHaveLength(1);
    await until("all are counted", () =>
      runInDurableObject(auditStub(env, acme), (_object, { storage }) => {
        const row = storage.sql
          .exec<{ times: number }>(
            "SELECT SUM(times) AS times FROM counted WHERE likeness LIKE ?",
            `%${knocker.id}%`,
          )
          .one();
        return row.times === refused - 1;
      }),
    );
    expect(await denialsIn(acme, knocker.id)).toHaveLength(1);
  });

  it("to whoever shows no credential that is known makes no entry", async () => {
    const before = (await loggedIn("platform")).length;
    for (const token of [null, "nonsense", `${(await givenUser()).token}x`]) {
      expect((await api("GET", "/tenants/acme", { token })).status).toBe(401);
    }
    expect(await loggedIn("platform")).toHaveLength(before);
  });
});
