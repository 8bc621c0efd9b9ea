import { describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";

const patch = (name: string, body: unknown, headers: Record<string, string> = {}) =>
  api("PATCH", `/tenants/${name}`, { body, headers });

const given = (name: string) =>
  api("PUT", `/tenants/${name}`, { body: { displayName: "A", labels: { a: "1", b: "2" } } });

describe("200", () => {
  it("changes only what it names, and null takes away", async () => {
    await given("merged");
    const answer = await patch("merged", { labels: { a: null, c: "3" } });
    expect(answer.body).toMatchObject({ displayName: "A", labels: { b: "2", c: "3" }, version: 2 });
    expect((await patch("merged", { displayName: null })).body).not.toHaveProperty("displayName");
    expect((await patch("merged", { labels: null })).body.labels).toEqual({});
  });

  it("takes both media types", async () => {
    await given("typed");
    const headers = { "content-type": "application/merge-patch+json" };
    expect((await patch("typed", { displayName: "B" }, headers)).status).toBe(200);
  });

  it("changes nothing where the patch is empty", async () => {
    await given("empty");
    expect((await patch("empty", {})).body.version).toBe(1);
  });
});

describe("404", () => {
  it("creates nothing", async () => {
    expect((await patch("absent", {})).code).toBe("KN-1200");
  });
});

describe("409", () => {
  it("refuses another region", async () => {
    await given("placed");
    expect((await patch("placed", { region: "eu" })).code).toBe("KN-1305");
  });
});

describe("412", () => {
  it("refuses what was read before a change", async () => {
    await given("stale");
    await patch("stale", { displayName: "B" });
    expect((await patch("stale", { displayName: "C" }, { "if-match": '"1"' })).code).toBe("KN-1301");
  });
});

describe("422", () => {
  it("checks the merged whole", async () => {
    await given("whole");
    const labels = Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`k${i}`, "v"]));
    expect((await patch("whole", { labels })).code).toBe("KN-1002");
    expect((await patch("whole", { name: "other" })).code).toBe("KN-1002");
    expect((await patch("whole", ["a"])).code).toBe("KN-1002");
  });
});
