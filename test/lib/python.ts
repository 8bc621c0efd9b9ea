import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../cluster/run.ts";

/** A Python environment of its own, made once for a state of its requirements. @returns its folder */
export async function pythonHome(name: string, requirements: string): Promise<string> {
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kubenova", name);
  const home = join(cache, hash);
  const done = join(home, "complete");
  if (!existsSync(done)) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    await run("python3", ["-m", "venv", home]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    await run(join(home, "bin/python"), pip);
    mkdirSync(`${done}.new`);
    renameSync(`${done}.new`, done);
  }
  return home;
}
