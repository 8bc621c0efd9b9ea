import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { codesWithoutGroup, ERRORS_PAGE, errorsPage } from "./docs-errors.ts";

describe("docs/errors.md", () => {
  it("says what domain/errors says (else: node scripts/docs-errors.ts)", async () => {
    expect(await readFile(ERRORS_PAGE, "utf8")).toBe(errorsPage());
  });

  it("shows every code", () => {
    expect(codesWithoutGroup()).toEqual([]);
  });
});
