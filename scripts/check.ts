/** `make check`: everything that needs no server, at once. Exit code 1 where anything fails. */
import { report, type StepResult, step } from "./lib.ts";

const ROOMS = [
  "domain",
  "protocol",
  "worker",
  "durable-objects",
  "queues",
  "agent",
  "test",
  "scripts",
  "bench",
];

export async function runChecks(): Promise<StepResult[]> {
  const checks = [
    step("format and lint (biome)", "biome", ["check", "--error-on-warnings", "--max-diagnostics=50", "."]),
    step("types at the edge", "tsc", ["-p", "tsconfig.worker.json"]),
    step("types in Node", "tsc", ["-p", "tsconfig.node.json"]),
    step("import rules (dependency-cruiser)", "depcruise", [
      "--config",
      ".dependency-cruiser.json",
      ...ROOMS,
    ]),
    step("Go: format, vet", "node", ["scripts/go.ts", "check"]),
    step("dead code (knip)", "knip", ["--no-progress", "--no-config-hints"]),
  ];
  const results: StepResult[] = [];
  for (const check of checks) {
    const result = await check;
    report(result);
    results.push(result);
  }
  return results;
}

if (import.meta.main) {
  const results = await runChecks();
  const unit = await step("unit tests", "vitest", ["run", "--project", "unit", "--reporter=dot"]);
  report(unit);
  process.exit([...results, unit].every((result) => result.ok) ? 0 : 1);
}
