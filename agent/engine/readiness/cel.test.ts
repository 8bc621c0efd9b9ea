import { beforeAll, describe, expect, it } from "vitest";
import { compile, EVALUATION_MS, type Expression } from "./cel.ts";
import { loadCel } from "./cel-library.ts";

beforeAll(loadCel);

const good = (text: string): Expression => {
  const made = compile(text);
  if ("problem" in made) throw new Error(made.problem);
  return made;
};
const problem = (text: string) => (compile(text) as { problem?: string }).problem;

describe("an expression", () => {
  const self = {
    spec: { replicas: 3, ratio: 0.5, names: ["a", "b"] },
    status: { ready: 3, conditions: [{ type: "Ready", status: "True" }], endpoint: "db:5432" },
  };
  const nodes = new Map([["db", { status: { phase: "Up" } }]]);

  it.each([
    ["self.status.ready == self.spec.replicas", true],
    ["self.status.ready > 2 && self.spec.ratio < 1.0", true],
    ["self.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')", true],
    ["self.spec.names.all(name, name in ['a', 'b'])", true],
    ["has(self.status.missing) || self.status.endpoint.endsWith(':5432')", true],
    ["self.status.endpoint.matches('^[a-z]+:[0-9]+$')", true],
    ["nodes['db'].status.phase == 'Up'", true],
    ["nodes.db.status.phase == 'Down'", false],
    ["size(self.spec.names) == 3", false],
  ])("%s is %s", (text, value) => expect(good(text).evaluate(self, nodes)).toEqual({ value }));

  it("says which field is not there", () => {
    expect(good("self.status.absent.deep == 1").evaluate(self, nodes)).toEqual({
      error: "line 1, column 12: there is no field 'absent'",
    });
  });

  it("that is neither true nor false is an error", () => {
    expect(good("self.status.endpoint").evaluate(self, nodes)).toEqual({
      error: "it must be true or false, and is string",
    });
  });
});

describe("an error", () => {
  const secret = "aHVudGVyMg==";
  const self = { data: { password: secret, ages: [1] }, count: 5 };

  it.each([
    ["int(self.data.password) > 0", "a value cannot be converted"],
    ["uint(self.data.password) > 0u", "a value cannot be converted"],
    ["bool(self.data.password)", "a value cannot be converted"],
    ["duration(self.data.password) > duration('1s')", "a value cannot be converted"],
    ["timestamp(self.data.password) > timestamp('2020-01-01T00:00:00Z')", "a value cannot be converted"],
    [
      "timestamp('2020-01-01T00:00:00Z').getHours(self.data.password) == 1",
      "column 34: a value cannot be converted",
    ],
    ["{'a': true}[self.data.password]", "there is no such key"],
    ["self[self.data.password] == 1", "there is no such key"],
    ["self.data[self.data.password] == 1", "there is no such key"],
    ["nodes[self.data.password].x == 1", "there is no such key"],
    ["[1][self.data.password] == 1", "there is no such key"],
    ["self.data.ages[self.count] == 1", "an index is outside of its list"],
    ["'x'.matches('(' + self.data.password)", "this is no regular expression"],
    ["{self.data.password: 1, self.data.password: 2} == {}", "the same key twice"],
    ["self.data.password ? true : false", "nothing takes values of these types"],
    ["self.data.password + 1 == 'x'", "nothing takes values of these types"],
    ["self.data.all(x, self.data.password)", "not of the type"],
    ["1 / (self.count - 5) == 1", "a division by zero"],
    ["9223372036854775807 + self.count > 1", "a number is out of range"],
  ])("of %s tells no value", (text, says) => {
    const { error } = good(text).evaluate(self, new Map()) as { error: string };
    expect(error).toContain(says);
    expect(error).not.toContain(secret);
  });
});

describe("the problem of an expression", () => {
  it.each([
    ["self.a ==", "line 1, column 8"],
    ["self.a == 1 &&\n  ) b", "line 1, column 13"],
    ["self.a == 1\n  && slef.b", "line 2, column 6: 'slef' is no variable: there are self and nodes"],
    ["self.a.frobnicate()", "there is no function 'frobnicate'"],
    ["now() > 1", "there is no function 'now'"],
  ])("%j: %s", (text, says) => expect(problem(text)).toContain(says));
});

describe("the nodes that an expression names", () => {
  it.each<[string, string[], boolean]>([
    ["nodes.a.status.x == nodes['b/c'].y", ["a", "b/c"], false],
    ["nodes[self.spec.other].ready", [], true],
    ["nodes.all(id, nodes[id].ready)", [], true],
    ["self.list.exists(nodes, nodes.x == 1)", [], false],
    ["has(nodes.a.status)", ["a"], false],
  ])("%s", (text, ids, computed) => {
    const { analysis } = good(text);
    expect([[...analysis.nodes].sort(), analysis.computed]).toEqual([ids, computed]);
  });
});

describe("a hostile expression", () => {
  const thousand = { items: Array.from({ length: 1_000 }, (_, n) => n) };
  const all = (depth: number): string =>
    depth === 0 ? "true" : `self.items.all(x${depth}, x${depth} < 1001 && ${all(depth - 1)})`;

  it.each([
    ["a thousand times a thousand times a thousand steps", all(3)],
    [
      "lists of lists that double",
      `[[1]]${".map(a, [a, a])".repeat(100)} == [[1]]${".map(a, [a, a])".repeat(100)}`,
    ],
  ])("is ended: %s", (_, text) => {
    const before = process.cpuUsage();
    expect(good(text).evaluate(thousand, new Map())).toEqual({ tooSlow: true });
    // Of this process: a busy machine makes it no longer.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(40 * EVALUATION_MS);
  });

  it.each([
    ["strings that double", `['x']${".map(a, a + a)".repeat(100)}[0] == 'y'`],
    ["lists that double", `[[1]]${".map(a, a + a)".repeat(100)}[0] == [1]`],
  ])("fills no memory: %s", (_, text) => {
    expect(good(text).evaluate(thousand, new Map())).toEqual({ error: expect.stringContaining("too long") });
  });

  it("does no harm to the next", () => {
    good(all(3)).evaluate(thousand, new Map());
    expect(good("self.items.size() == 1000").evaluate(thousand, new Map())).toEqual({ value: true });
  });
});
