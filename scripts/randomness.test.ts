import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../test/manager/bundle.ts";

/** A failure that cannot be repeated is worth little: whatever a test chooses, it chooses by the plan's seed. */
const PLAN = "test/attack/plan.ts";
const UNSEEDED = /(?<!Math\.random=.*)\bMath\.random\b(?!=)|\brandomInt\(|env\.KUBENOVA_(SEED|ATTACK)\b/;

const testFiles = (): string[] =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => /\.test\.ts$|^test\/(attack|e2e|workerd|operator|model)\//.test(file))
    .filter((file) => file !== PLAN && file !== "scripts/randomness.test.ts")
    .filter((file) => existsSync(join(ROOT, file)));

const linesWith = (file: string, pattern: RegExp): string[] =>
  readFileSync(join(ROOT, file), "utf8")
    .split("\n")
    .flatMap((line, at) => (pattern.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : []));

describe("what tests choose at random", () => {
  it("comes from the plan, so that its seed repeats a failure", () => {
    const files = testFiles();
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => linesWith(file, UNSEEDED))).toEqual([]);
  });

  it("is more where the plan is long: no property has a fixed number of cases", () => {
    expect(testFiles().flatMap((file) => linesWith(file, /numRuns: \d/))).toEqual([]);
  });
});
