import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../../test/attack/plan.ts";
import { api } from "../../test/workerd/api.ts";
import { givenProject } from "../../test/workerd/catalogue.ts";

interface Listed {
  items: { name: string; createdAt: string; updatedAt: string; labels: Record<string, string> }[];
  nextCursor: string | null;
}

/** All pages of a list, and how many there were. */
async function readAll(
  path: string,
  query: Record<string, string>,
): Promise<{ names: string[]; pages: number }> {
  const names: string[] = [];
  let cursor: string | null = null;
  for (let pages = 1; ; pages++) {
    const search = new URLSearchParams({ ...query, ...(cursor === null ? {} : { cursor }) });
    const { status, body } = await api<Listed>("GET", `${path}?${search}`);
    expect(status).toBe(200);
    names.push(...body.items.map(({ name }) => name));
    cursor = body.nextCursor;
    if (cursor === null) return { names, pages };
  }
}

const NAMES = ["a", "a-1", "ab", "abc", "b", "b2", "c", "zeta", "zz", "m-m-m", "alpha", "beta"];

describe("a list", async () => {
  const tenant = "/tenants/paged";
  await givenProject("paged", "seed");
  for (const [i, name] of NAMES.entries()) {
    await api("PUT", `${tenant}/projects/${name}`, { body: { labels: { parity: i % 2 ? "odd" : "even" } } });
  }
  const path = `${tenant}/projects`;
  const all = ["seed", ...NAMES];

  it("has each object exactly once, in order, whatever the page, the sort and the direction", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 15 }),
        fc.constantFrom("name", "createdAt", "updatedAt"),
        fc.constantFrom("asc", "desc"),
        async (limit, sort, order) => {
          const { names, pages } = await readAll(path, { limit: String(limit), sort, order });
          expect([...names].sort()).toEqual([...all].sort());
          expect(pages).toBe(Math.ceil(all.length / limit));
          if (sort === "name")
            expect(names).toEqual(order === "asc" ? [...all].sort() : [...all].sort().reverse());
        },
      ),
      { numRuns: plan.times(25) },
    );
  });

  it("skips nothing and repeats nothing while others write", async () => {
    const first = await api<Listed>("GET", `${path}?limit=5`);
    await api("PUT", `${path}/a-0-between`, { body: {} });
    await api("DELETE", `${path}/abc?confirm=abc`);
    const rest = await readAll(path, { limit: "5", cursor: first.body.nextCursor ?? "" });
    const seen = [...first.body.items.map(({ name }) => name), ...rest.names];
    expect(new Set(seen).size).toBe(seen.length);
    for (const name of all.filter((each) => each !== "abc")) expect(seen).toContain(name);
    await api("POST", `${path}/abc:restore`);
    await api("DELETE", `${path}/a-0-between?confirm=a-0-between`);
  });

  it("is filtered by the beginning of names, by labels, and by deletion", async () => {
    expect((await readAll(path, { name: "ab" })).names).toEqual(["ab", "abc"]);
    expect((await readAll(path, { labels: "parity=odd", name: "a" })).names).toEqual(["a-1", "abc"]);
    expect((await readAll(path, { labels: "parity=odd,absent=x" })).names).toEqual([]);
    expect((await readAll(path, { deleted: "true" })).names).toEqual(["a-0-between"]);
  });

  it("refuses a cursor that it did not make, or made for another sort", async () => {
    const { body } = await api<Listed>("GET", `${path}?limit=1`);
    const cursor = encodeURIComponent(body.nextCursor ?? "");
    for (const query of [
      "cursor=nonsense",
      "cursor=",
      `cursor=${btoa('["name","asc",1,"x"]')}`,
      `cursor=${btoa("[]")}`,
      `cursor=${cursor}&sort=createdAt`,
      `cursor=${cursor}&order=desc`,
    ]) {
      expect((await api("GET", `${path}?${query}`)).code, query).toBe("KN-1006");
    }
  });

  it("refuses other limits, sorts and labels with the field's name", async () => {
    for (const query of [
      "limit=0",
      "limit=201",
      "limit=x",
      "sort=id",
      "order=up",
      "labels=a",
      "deleted=1",
      "name=A",
    ]) {
      const answer = await api<{ error: { details: { issues: { path: string }[] } } }>(
        "GET",
        `${path}?${query}`,
      );
      expect([answer.status, answer.code], query).toEqual([422, "KN-1002"]);
      expect(answer.body.error.details.issues[0]?.path).toBe(query.split("=")[0]);
    }
  });
});
