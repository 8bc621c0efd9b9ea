import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../test/manager/bundle.ts";

export interface StepResult {
  name: string;
  ok: boolean;
  seconds: number;
  output: string;
}

/** Runs one command of node_modules/.bin (or an absolute one); its output is kept, and shown live where asked. */
export function step(
  name: string,
  command: string,
  args: string[],
  options: { live?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<StepResult> {
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command.startsWith("/") ? command : join(ROOT, "node_modules/.bin", command), args, {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        ...options.env,
        PATH: `${join(ROOT, "node_modules/.bin")}:${process.env.PATH ?? ""}`,
      },
    });
    let output = "";
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (options.live) process.stderr.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const finish = (ok: boolean): void =>
      resolve({ name, ok, seconds: (performance.now() - start) / 1000, output });
    child.on("error", (error) => {
      output += String(error);
      finish(false);
    });
    child.on("close", (code) => finish(code === 0));
  });
}

export function report(result: StepResult, details = true): void {
  process.stderr.write(`${result.ok ? "ok  " : "FAIL"} ${result.name} (${result.seconds.toFixed(1)} s)\n`);
  if (!result.ok && details) process.stderr.write(`${result.output.trimEnd()}\n`);
}
