import { describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";

const put = (name: string, body: unknown) => api("PUT", `/tenants/${name}`, { body });

describe("201", () => {
  it("creates with what was given, and defaults", async () => {
    const answer = await put("new", { labels: { plan: "team" } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("location")).toBe("/api/v1/tenants/new");
    expect(answer.body).toMatchObject({
      name: "new",
      labels: { plan: "team" },
      region: "default",
      version: 1,
    });
    expect(answer.body).not.toHaveProperty("displayName");
  });
});

describe("200", () => {
  it("replaces: what the body leaves out is emptied", async () => {
    await put("replaced", { displayName: "A", labels: { a: "1" } });
    const answer = await put("replaced", { displayName: "B" });
    expect([answer.status, answer.etag]).toEqual([200, '"2"']);
    expect(answer.body).toMatchObject({ displayName: "B", labels: {} });
  });

  it("changes nothing where it is so already", async () => {
    const first = await put("same", { displayName: "A", labels: { a: "1", b: "2" } });
    const again = await put("same", { labels: { b: "2", a: "1" }, displayName: "A" });
    expect([again.status, again.body]).toEqual([200, first.body]);
  });
});

describe("409", () => {
  it("refuses another region, which never changes", async () => {
    await put("settled", { region: "eu" });
    expect((await put("settled", { region: "us" })).code).toBe("KN-1305");
    expect((await put("settled", {})).status).toBe(200);
  });

  it("refuses the name of a deleted tenant", async () => {
    await put("gone", {});
    await api("DELETE", "/tenants/gone?confirm=gone");
    const answer = await put("gone", {});
    expect([answer.status, answer.code]).toEqual([409, "KN-1300"]);
    expect((await api("POST", "/tenants", { body: { name: "gone" } })).code).toBe("KN-1300");
  });
});

describe("422", () => {
  it.each([
    ["displayName", { displayName: "x".repeat(201) }],
    ["displayName", { displayName: "a\u0000b" }],
    ["labels", { labels: { "kubenova.io/tenant": "x" } }],
    ["labels.a", { labels: { a: "no spaces" } }],
    ["region", { region: "UPPER" }],
    ["id", { id: "ten_x" }],
  ])("names %s in %j", async (path, body) => {
    const answer = await api<{ error: { details: { issues: { path: string }[] } } }>(
      "PUT",
      "/tenants/wrong",
      {
        body,
      },
    );
    expect([answer.status, answer.code]).toEqual([422, "KN-1002"]);
    expect(answer.body.error.details.issues[0]?.path).toBe(path);
  });
});
