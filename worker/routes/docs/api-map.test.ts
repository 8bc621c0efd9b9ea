import { describe, expect, it } from "vitest";
import map from "../../../docs/api-map.md?raw";
import { routes } from "../index.ts";

interface MapRow {
  endpoint: string;
  state: string;
  here: string;
}

const rows: MapRow[] = map
  .split("\n")
  .filter((line) => /^\| ([0-9]{3})/.test(line))
  .map((line) => {
    const [, endpoint = "", state = "", here = ""] = line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim());
    return { endpoint, state, here };
  });
const operations = new Set(routes.map((route) => `${route.method.toUpperCase()} ${route.path}`));
const paths = new Set(routes.map((route) => route.path));

/** Operations and paths between back quotes. */
const named = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);

describe("docs/api-map.md", () => {
  it("gives each endpoint one of three states", () => {
    expect(rows.length).toBeGreaterThan(50);
    for (const { endpoint, state, here } of rows) {
      expect(["served", "later", "refused"], endpoint).toContain(state);
      expect(here.length, endpoint).toBeGreaterThan(5);
    }
  });

  it.each(rows.filter(({ state }) => state === "served"))(
    "$endpoint is served by what it names",
    ({ here }) => {
      expect([...operations]).toContain(named(here)[0]);
    },
  );

  it("has a line for each operation", () => {
    const tables = map.split("\n").filter((line) => line.startsWith("| "));
    const mapped = new Set(tables.flatMap(named));
    expect([...operations].filter((operation) => !mapped.has(operation))).toEqual([]);
    const own = tables.filter((line) => line.startsWith("| `")).flatMap(named);
    expect(own.filter((operation) => !operations.has(operation))).toEqual([]);
  });

  it.each(rows.filter(({ state }) => state === "later"))("$endpoint is not there yet", ({ here }) => {
    for (const path of named(here)) expect([...paths]).not.toContain(path.replace(/^[A-Z]+ /, ""));
  });
});
