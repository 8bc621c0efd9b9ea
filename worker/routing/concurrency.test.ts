import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { api } from "../../test/workerd/api.ts";

const put = (name: string, displayName: string, ifMatch?: string) =>
  api("PUT", `/tenants/${name}`, { body: { displayName }, headers: ifMatch ? { "if-match": ifMatch } : {} });

describe("writers at the same time", () => {
  it("with the same If-Match: one wins, the others are told", async () => {
    const { etag } = await put("racing", "0");
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => put("racing", `writer ${i}`, etag ?? "")),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "KN-1301")).toHaveLength(5);
    expect((await api("GET", "/tenants/racing")).body.displayName).toBe(won[0]?.body.displayName);
  });

  it("without If-Match: all are answered, the versions have no gap, each has its event", async () => {
    await put("open", "0");
    const answers = await Promise.all(Array.from({ length: 4 }, (_, i) => put("open", `writer ${i}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.map(({ body }) => body.version).sort()).toEqual([2, 3, 4, 5]);
    const { results } = await env.DB.prepare("SELECT data FROM events WHERE subject = ? ORDER BY seq")
      .bind(`tenant/${answers[0]?.body.id}`)
      .all<{ data: string }>();
    expect(results.map(({ data }) => JSON.parse(data).after.version)).toEqual([1, 2, 3, 4, 5]);
  });

  it("that create the same name: one creates, the others are told", async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api("POST", "/tenants", { body: { name: "contested" } })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "KN-1300")).toHaveLength(4);
  });
});

describe("a precondition", () => {
  it("If-None-Match: * creates only", async () => {
    const headers = { "if-none-match": "*" };
    expect((await api("PUT", "/tenants/fresh", { headers, body: {} })).status).toBe(201);
    expect((await api("PUT", "/tenants/fresh", { headers, body: {} })).code).toBe("KN-1301");
  });

  it("If-Match: * changes only", async () => {
    const headers = { "if-match": "*" };
    expect((await api("PUT", "/tenants/absent", { headers, body: {} })).code).toBe("KN-1301");
    expect((await api("PUT", "/tenants/fresh", { headers, body: { displayName: "a" } })).status).toBe(200);
  });

  it("takes a list, weak and strong tags, and refuses what it does not know", async () => {
    await put("listed", "0");
    expect((await put("listed", "1", '"7", W/"1"')).status).toBe(200);
    for (const tag of ['"1"', "nonsense", '""', "1,3"]) {
      expect((await put("listed", "2", tag)).status, tag).toBe(412);
    }
  });

  it("If-None-Match on GET saves the body of what is known", async () => {
    const { etag } = await put("known", "0");
    const headers = { "if-none-match": etag ?? "" };
    const same = await api("GET", "/tenants/known", { headers });
    expect([same.status, same.body, same.etag]).toEqual([304, "", etag]);
    await put("known", "1");
    expect((await api("GET", "/tenants/known", { headers })).status).toBe(200);
  });
});
