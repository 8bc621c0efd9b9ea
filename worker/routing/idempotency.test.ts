import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { api } from "../../test/workerd/api.ts";
import { IDEMPOTENCY_TTL_MS } from "../store/idempotency.ts";

const create = (key: string, name: string, more: Record<string, unknown> = {}) =>
  api("POST", "/tenants", { headers: { "idempotency-key": key }, body: { name, ...more } });

const eventsOf = async (name: string): Promise<number> => {
  const row = await env.DB.prepare(
    "SELECT COUNT(*) AS n FROM events e JOIN tenants t ON e.subject = 'tenant/' || t.id WHERE t.name = ?",
  )
    .bind(name)
    .first<{ n: number }>();
  return row?.n ?? 0;
};

describe("an Idempotency-Key", () => {
  it("gives a repeat the first answer, and nothing happens twice", async () => {
    const first = await create("k1", "once");
    const second = await create("k1", "once");
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("location")).toBe("/api/v1/tenants/once");
    expect(second.etag).toBe(first.etag);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(await eventsOf("once")).toBe(1);
  });

  it("does not care for the order of a body's fields", async () => {
    await create("k-order", "ordered", { displayName: "A", labels: { a: "1", b: "2" } });
    const again = await api("POST", "/tenants", {
      headers: { "idempotency-key": "k-order" },
      body: '{"labels":{"b":"2","a":"1"},"displayName":"A","name":"ordered"}',
    });
    expect(again.status).toBe(201);
  });

  it("is refused for another request", async () => {
    await create("k2", "first-use");
    const other = await create("k2", "second-use");
    expect([other.status, other.code]).toEqual([409, "KN-1302"]);
    expect((await api("GET", "/tenants/second-use")).status).toBe(404);
  });

  it("counts for one method and path", async () => {
    await create("k3", "by-post");
    const put = await api("PUT", "/tenants/by-put", { headers: { "idempotency-key": "k3" }, body: {} });
    expect(put.status).toBe(201);
  });

  it("lets one of many at once win, and the others see its answer", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create("k4", "raced")));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await eventsOf("raced")).toBe(1);
  });

  it("is forgotten after 24 hours", async () => {
    await create("k5", "forgotten");
    await env.DB.prepare("UPDATE idempotency SET created_at = created_at - ?1, expires_at = expires_at - ?1")
      .bind(IDEMPOTENCY_TTL_MS)
      .run();
    const later = await create("k5", "forgotten");
    expect([later.status, later.code]).toEqual([409, "KN-1300"]);
    expect((await create("k5", "anew")).status).toBe(201);
  });

  it("keeps nothing of a request that was refused", async () => {
    expect((await create("k6", "Bad Name")).status).toBe(422);
    expect((await create("k6", "good-name")).status).toBe(201);
  });

  it("holds for a change that changed nothing", async () => {
    await api("PUT", "/tenants/still", { body: {} });
    const headers = { "idempotency-key": "k7" };
    expect((await api("PUT", "/tenants/still", { headers, body: {} })).status).toBe(200);
    expect((await api("PUT", "/tenants/still", { headers, body: { displayName: "x" } })).code).toBe(
      "KN-1302",
    );
  });

  it("of characters that a header may not safely carry, or too long, is refused", async () => {
    for (const key of ["", "a b", "x".repeat(256)]) {
      expect((await create(key, "never")).code, key).toBe("KN-1007");
    }
  });

  it("never gives a secret twice: it names what was made", async () => {
    const make = () =>
      api<{ id: string; error?: { details?: { reference?: string } } }>("POST", "/clusters", {
        headers: { "idempotency-key": "k8" },
        body: { name: "secretive", mode: "manage" },
      });
    const first = await make();
    expect(first.status).toBe(201);
    const again = await make();
    expect([again.status, again.code]).toEqual([409, "KN-1304"]);
    expect(again.body.error?.details?.reference).toBe("/api/v1/clusters/secretive");
    const { results } = await env.DB.prepare(
      "SELECT body FROM idempotency WHERE reference IS NOT NULL",
    ).all();
    expect(results).toEqual([{ body: null }]);
  });
});
