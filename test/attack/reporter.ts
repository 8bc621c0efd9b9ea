import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { plan } from "./plan.ts";

/** Says behind the failures of a run how each file of them is run again, with the same choices. */
export default class RepeatReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const failed = modules.filter((module) => !module.ok());
    if (failed.length === 0) return;
    const lines = failed.map((module) =>
      repeatOf(module.project.name, relative(process.cwd(), module.moduleId)),
    );
    process.stderr.write(`\nseed ${plan.seed}; again:\n${lines.map((line) => `  ${line}\n`).join("")}`);
  }
}

const repeatOf = (project: string, file: string): string =>
  [
    `KUBENOVA_SEED=${plan.seed}`,
    ...(plan.long ? ["KUBENOVA_ATTACK=long"] : []),
    `npx vitest run --project ${project} ${file}`,
  ].join(" ");
