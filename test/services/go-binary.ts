/** The agent's programs in Go: each built once, kept in the cache under a hash of its sources. */

import { createHash } from "node:crypto";
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../cluster/lock.ts";
import { cacheFolder } from "../cluster/paths.ts";
import { attempt, type Finished } from "../cluster/run.ts";
import { findGo } from "../cluster/toolchain.ts";
import { ROOT } from "../manager/bundle.ts";

const BUILD_SECONDS = 30 * 60;
/** Static, and the same to the last bit from the same sources wherever they lie. */
const FLAGS = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="];
const ENV = { CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly" };

/** What the image has beside main.js, by name; each a folder with a go.mod of its own. */
export const AGENT_PROGRAMS = { renderer: "agent/renderer", "git-fetch": "agent/sources/git" } as const;
export type AgentProgram = keyof typeof AGENT_PROGRAMS;

/** Path of the binary, built first where these sources were not built on this machine. GOARCH is heeded. */
export function agentProgram(name: AgentProgram): Promise<string> {
  const source = join(ROOT, AGENT_PROGRAMS[name]);
  const code = globSync("**/*.go", { cwd: source }).filter((file) => !file.endsWith("_test.go"));
  return goProgram({
    ...{ name, source, inputs: ["go.mod", "go.sum", ...code.sort()] },
    command: (flags, folder) => ({ args: ["build", ...flags, "-o", join(folder, name), "."] }),
  });
}

export interface GoProgram {
  name: string;
  /** Folder of a go.mod. */
  source: string;
  /** Files of the folder that the result depends on. */
  inputs: string[];
  /** What makes the program in the folder. */
  command(flags: string[], folder: string): { args: string[]; env?: NodeJS.ProcessEnv };
}

/** Path of a program, made where it was not made of these inputs on this machine. */
export async function goProgram(program: GoProgram): Promise<string> {
  const { name } = program;
  const folder = join(cacheFolder(), name, hashOf(program));
  const waiting = (pid: number) =>
    process.stderr.write(`${name}: waiting for process ${pid}, which is building it\n`);
  if (!existsSync(folder)) {
    await withLock(`${folder}.lock`, BUILD_SECONDS, waiting, async () => {
      if (!existsSync(folder)) await build(program, folder);
    });
  }
  return join(folder, name);
}

/** Runs a Go command where the sources are, as they are built. */
export async function runGo(source: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const go = await findGo(join(source, "go.mod"));
  return attempt(go, args, { cwd: source, env: { ...process.env, ...ENV, ...env } });
}

function hashOf({ source, inputs }: GoProgram): string {
  const hash = createHash("sha256").update(JSON.stringify([FLAGS, process.env.GOARCH ?? process.arch]));
  for (const file of inputs) hash.update(`\0${file}\0`).update(readFileSync(join(source, file)));
  return hash.digest("hex").slice(0, 16);
}

/** The folder appears at once and whole, so that nobody runs half a binary. */
async function build({ name, source, command }: GoProgram, folder: string): Promise<void> {
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  process.stderr.write(`${name}: building it, once for these sources (a minute on 2 cores)\n`);
  try {
    const { args, env } = command(FLAGS, fresh);
    const { code, stdout, stderr } = await runGo(source, args, env);
    if (code !== 0)
      throw new Error(`go ${args.join(" ")} failed (exit ${code}): ${(stderr || stdout).trim()}`);
    chmodSync(join(fresh, name), 0o555);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
