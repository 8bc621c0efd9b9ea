/** The `cue` command of the renderer's own version: built once, kept in the cache. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../cluster/lock.ts";
import { cacheFolder } from "../cluster/paths.ts";
import { run } from "../cluster/run.ts";
import { findGo } from "../cluster/toolchain.ts";
import { ROOT } from "../manager/bundle.ts";

const GO_MOD = join(ROOT, "agent/renderer/go.mod");
const BUILD_SECONDS = 30 * 60;

/** As agent/renderer/go.mod requires it, such as `v0.17.1`. */
export function cueVersion(): string {
  const found = /cuelang\.org\/go (v\S+)/.exec(readFileSync(GO_MOD, "utf8"))?.[1];
  if (!found) throw new Error(`${GO_MOD} does not require cuelang.org/go`);
  return found;
}

/** Path of the command; its folder holds nothing else. */
export async function cueCommand(): Promise<string> {
  const version = cueVersion();
  const folder = join(cacheFolder(), "cue", version);
  const waiting = (pid: number) => process.stderr.write(`cue: waiting for process ${pid}, which builds it\n`);
  if (!existsSync(folder))
    await withLock(`${folder}.lock`, BUILD_SECONDS, waiting, async () => {
      if (!existsSync(folder)) await build(version, folder);
    });
  return join(folder, "cue");
}

async function build(version: string, folder: string): Promise<void> {
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  process.stderr.write(`cue: building ${version} (a minute on 2 cores)\n`);
  try {
    const env = { ...process.env, GOBIN: fresh, GOTOOLCHAIN: "local", GOFLAGS: "", CGO_ENABLED: "0" };
    await run(await findGo(GO_MOD), ["install", `cuelang.org/go/cmd/cue@${version}`], { env });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
