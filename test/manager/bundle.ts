import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../cluster/run.ts";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const SOURCES = ["worker", "durable-objects", "queues", "domain", "protocol"];

/**
 * The Worker, bundled once for each state of its sources and kept in the user's cache folder: a server under test runs
 * the code as it was when it started, whatever is edited meanwhile, and starts in a second.
 *
 * @param folder from the root: another Worker around the product's, in its index.ts
 */
export async function bundleManager(folder?: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kubenova", "manager");
  const target = join(cache, sourcesHash(folder ? [...SOURCES, folder] : SOURCES));
  if (existsSync(join(target, "index.js"))) return target;
  const scratch = `${target}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  await run(
    join(ROOT, "node_modules/.bin/node"),
    [
      wranglerBin(),
      "deploy",
      ...(folder ? [join(folder, "index.ts")] : []),
      "--dry-run",
      "--outdir",
      scratch,
    ],
    {
      cwd: ROOT,
      env: wranglerEnv(),
    },
  );
  rmSync(target, { recursive: true, force: true });
  renameSync(scratch, target);
  return target;
}

export const wranglerBin = (): string => join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** No telemetry, no update check, no local tracing (which slows a server 4-5 times). */
export const wranglerEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  X_LOCAL_OBSERVABILITY: "false",
  CI: "true",
});

function sourcesHash(folders: readonly string[]): string {
  const hash = createHash("sha256");
  const files = [
    ...folders.flatMap((folder) => walk(join(ROOT, folder))),
    ...["wrangler.toml", "package-lock.json"].map((name) => join(ROOT, name)),
  ];
  for (const file of files.sort())
    hash.update(relative(ROOT, file)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 32);
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.name.endsWith(".test.ts") ? [] : [path];
  });
}
