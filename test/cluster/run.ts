/** Starting other programs and waiting for them. */

import { spawn } from "node:child_process";

export type Finished = { code: number; stdout: string; stderr: string };

export type RunOptions = {
  input?: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Pass the program's stderr through to ours as it comes, for work that takes long. */
  showProgress?: boolean;
};

/** Runs a program to its end. Rejects only where it could not be started. */
export function attempt(file: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (options.showProgress) process.stderr.write(text);
    });
    // A program may end without having read its input: what matters then is its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** Runs a program and answers its standard output; rejects with its words where it fails. */
export async function run(file: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(file, args, options);
  if (code === 0) return stdout;
  throw new Error(`${file} ${args.join(" ")} failed (exit ${code}): ${(stderr || stdout).trim()}`);
}

/** Whether a program of this name is to be found. */
export async function isInstalled(program: string): Promise<boolean> {
  return (await attempt("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`])).code === 0;
}
