/**
 * `make test [suite …]`: the checks, then each suite; a failing one does not stop the rest. The last line is
 * `N passed, N failed[, N skipped]` over all of them. Exit code 1 where any failed or none ran.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChecks } from "./check.ts";
import { report, step } from "./lib.ts";

const SUITES = ["unit", "go", "workerd", "cluster", "e2e"];

const REPORTERS = ["default", "json", "./test/attack/reporter.ts"].map((name) => `--reporter=${name}`);

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
}

async function runSuite(suite: string, folder: string): Promise<Counts> {
  const file = join(folder, `${suite}.json`);
  const result = await step(
    `suite ${suite}`,
    "vitest",
    ["run", "--project", suite, ...REPORTERS, `--outputFile.json=${file}`],
    { live: true },
  );
  report(result, false);
  const counts = readCounts(file);
  // A suite that died before it could count, or a file that failed to load, is a failure of its own.
  if (!result.ok && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** The Go code's tests, each test and each of its cases counted. */
async function runGo(): Promise<Counts> {
  const result = await step("suite go", "node", ["scripts/go.ts", "test"]);
  report(result);
  const ends = result.output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { Action: string; Test?: string })
    .filter(({ Test }) => Test !== undefined);
  const of = (action: string): number => ends.filter(({ Action }) => Action === action).length;
  const counts = { passed: of("pass"), failed: of("fail"), skipped: of("skip") };
  if (!result.ok && counts.failed === 0) counts.failed = 1;
  return counts;
}

function readCounts(file: string): Counts {
  try {
    const found = JSON.parse(readFileSync(file, "utf8")) as VitestReport;
    return { passed: found.numPassedTests, failed: found.numFailedTests, skipped: found.numPendingTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

const asked = process.argv.slice(2);
const unknown = asked.filter((suite) => !SUITES.includes(suite));
if (unknown.length > 0) {
  process.stderr.write(`no suite named ${unknown.join(", ")}; there are ${SUITES.join(", ")}\n`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "kubenova-test-"));
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
if (asked.length === 0) {
  for (const check of await runChecks()) check.ok ? total.passed++ : total.failed++;
}
for (const suite of asked.length > 0 ? asked : SUITES) {
  const counts = suite === "go" ? await runGo() : await runSuite(suite, folder);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
rmSync(folder, { recursive: true, force: true });

process.stdout.write(
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}\n`,
);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
