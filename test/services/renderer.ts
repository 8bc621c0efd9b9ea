/** The renderer's binary (agent/renderer, in Go): built once, kept in the cache under a hash of its sources. */

import { createHash } from "node:crypto";
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../cluster/lock.ts";
import { cacheFolder } from "../cluster/paths.ts";
import { run } from "../cluster/run.ts";
import { findGo } from "../cluster/toolchain.ts";
import { ROOT } from "../manager/bundle.ts";

const SOURCE = join(ROOT, "agent/renderer");
const BUILD_SECONDS = 30 * 60;
/** Static, and the same to the last bit from the same sources wherever they lie. */
const FLAGS = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="];
const ENV = { CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly" };

/** Path of the binary, built first where these sources were not built on this machine. GOARCH is heeded. */
export const rendererBinary = (): Promise<string> =>
  cached("renderer", sources(), (folder) => ({ args: ["build", ...FLAGS, "-o", folder, "."] }));

/** A Go command, run where the renderer's sources are. */
async function rendererGo(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const go = await findGo(join(SOURCE, "go.mod"));
  return run(go, args, { cwd: SOURCE, env: { ...process.env, ...ENV, ...env } });
}

const sources = (): string[] => {
  const code = globSync("**/*.go", { cwd: SOURCE }).filter((file) => !file.endsWith("_test.go"));
  return ["go.mod", "go.sum", ...code.sort()];
};

type Command = (folder: string) => { args: string[]; env?: NodeJS.ProcessEnv };

async function cached(name: string, inputs: string[], command: Command): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([FLAGS, process.env.GOARCH ?? process.arch]));
  for (const file of inputs) hash.update(`\0${file}\0`).update(readFileSync(join(SOURCE, file)));
  const folder = join(cacheFolder(), "renderer", `${name}-${hash.digest("hex").slice(0, 16)}`);
  const waiting = (pid: number) =>
    process.stderr.write(`renderer: waiting for process ${pid}, which is building ${name}\n`);
  if (!existsSync(folder)) {
    await withLock(`${folder}.lock`, BUILD_SECONDS, waiting, async () => {
      if (!existsSync(folder)) await build(name, folder, command);
    });
  }
  return join(folder, name);
}

/** The folder appears at once and whole, so that nobody runs half a binary. */
async function build(name: string, folder: string, command: Command): Promise<void> {
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  process.stderr.write(`renderer: building ${name}, once for these sources (a minute on 2 cores)\n`);
  try {
    const { args, env } = command(fresh);
    await rendererGo(args, env);
    chmodSync(join(fresh, name), 0o555);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
