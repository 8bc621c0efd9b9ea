import { describe, expect, it } from "vitest";
import { summaryOf, unquoted } from "./failure.ts";

const said = (...errors: Parameters<typeof unquoted>[0]) => summaryOf(unquoted(errors));

describe("what is said of an error to those who may not read the input", () => {
  it("is path, place and what was expected", () => {
    const message = 'conflicting values "hunter2-secret" and int (mismatched types string and int)';
    const error = { message, path: "input.password", file: "app.cue", line: 3, expected: "int & >=1" };
    expect(said(error)).toBe("app.cue:3: input.password: not what #Input allows (int & >=1 was expected)");
    expect(said({ message })).toBe("not what the module allows");
    expect(said({ message, path: "nodes.web.object.data.password", expected: "string" })).toBe(
      "nodes.web.object.data.password: not what the module allows (string was expected)",
    );
  });

  it("has no expectation that was made of values", () => {
    const error = { message: "invalid value 1 (out of bound >=5)", path: "nodes.a", expected: ">=5" };
    expect(said(error)).toBe("nodes.a: not what the module allows");
  });

  it("tells a value that is missing from one that is wrong, and does not name it", () => {
    const error = {
      message: "undefined field: hunter2-secret",
      path: "nodes.a.object",
      file: "a.cue",
      line: 2,
    };
    expect(said(error)).toBe("a.cue:2: nodes.a.object: it has no value");
  });

  it.each([
    [
      { message: "expected '}', found 'EOF'", file: "a.cue", line: 2, column: 9 },
      "a.cue:2:9: expected '}', found 'EOF'",
    ],
    [{ message: 'reference "x" not found', file: "a.cue", line: 2 }, 'a.cue:2: reference "x" not found'],
    [{ message: "field not allowed", path: "input.replica" }, "input.replica: field not allowed"],
    [{ message: "oci registry.example.com/a:1: no such tag" }, "oci registry.example.com/a:1: no such tag"],
    [{ message: "the render took more than 10000 ms" }, "the render took more than 10000 ms"],
  ])("is as it was where it holds no value: %j", (error, words) => {
    expect(said(error)).toBe(words);
  });
});
