import { describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";
import { givenProject, imageSpec } from "../../../test/workerd/catalogue.ts";

const project = await givenProject("acme", "shop");
const path = (name: string) => `${project}/apps/${name}`;
const given = (name: string) =>
  api("PUT", path(name), { body: { spec: imageSpec("web:1", { env: { A: "1", B: "2" } }) } });
const patch = (name: string, spec: unknown) => api("PATCH", path(name), { body: { spec } });

describe("202", () => {
  it("lays fields over the spec, and makes a revision of the whole", async () => {
    await given("merged");
    const answer = await patch("merged", { source: { image: { image: "web:2", env: { B: null, C: "3" } } } });
    expect([answer.status, answer.body.revision]).toMatchObject([202, { number: 2 }]);
    expect((await api("GET", path("merged"))).body.spec).toEqual(
      imageSpec("web:2", { env: { A: "1", C: "3" } }),
    );
  });

  it("finds the revision that had this content, however long ago", async () => {
    for (let n = 1; n <= 55; n++) {
      await api("PUT", path("old"), { body: { spec: imageSpec(`web:${n}`, { env: { A: "1" } }) } });
    }
    const numbers: unknown[] = [];
    for (const image of ["web:54", "web:3", "web:new"]) {
      const { status, body } = await patch("old", { source: { image: { image } } });
      expect(status).toBe(202);
      numbers.push((body as { revision: { number: number } }).revision.number);
    }
    expect(numbers).toEqual([54, 3, 56]);
  });

  it("may change the kind of source", async () => {
    await given("turned");
    const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}";
    expect((await patch("turned", { source: { image: null, raw: { yaml } } })).status).toBe(202);
  });
});

describe("200", () => {
  it("does nothing where the whole stays the same", async () => {
    await given("same");
    const answer = await patch("same", { source: { image: { image: "web:1" } } });
    expect([answer.status, answer.body.version]).toEqual([200, 1]);
  });
});

describe("422", () => {
  it("refuses a whole that is no spec", async () => {
    await given("broken");
    expect((await patch("broken", { source: null })).code).toBe("KN-1002");
    expect((await patch("broken", { specVersion: 7 })).code).toBe("KN-1005");
    expect((await patch("broken", { source: { image: { image: null } } })).code).toBe("KN-1002");
  });
});
