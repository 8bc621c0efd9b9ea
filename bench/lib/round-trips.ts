import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../test/cluster/run.ts";
import { ROOT } from "../../test/manager/bundle.ts";

interface VitestReport {
  testResults: { assertionResults: { meta?: { roundTrips?: number } }[] }[];
}

/** Most round trips to D1 before the answer of a PUT of an app, as the test in the runtime counts them. */
export async function writeRoundTrips(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "kubenova-bench-"));
  try {
    const file = join(folder, "report.json");
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const args = ["run", "--project", "workerd", "test/workerd/round-trips.test.ts", "--reporter=json"];
    await run(process.execPath, [vitest, ...args, `--outputFile.json=${file}`], { cwd: ROOT });
    const { testResults } = JSON.parse(readFileSync(file, "utf8")) as VitestReport;
    const counts = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .flatMap(({ meta }) => meta?.roundTrips ?? []);
    if (counts.length === 0) throw new Error("the test counted nothing");
    return Math.max(...counts);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
