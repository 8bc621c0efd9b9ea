import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../test/lib/process.ts";
import { Server } from "../../test/manager/server.ts";
import { migrate } from "../../test/manager/start.ts";

const folder = dirname(fileURLToPath(import.meta.url));

export interface Bare {
  directUrl(): Promise<string>;
  /** Pid of its runtime. */
  workerd(): number;
  stop(): Promise<void>;
}

/** The bare Worker with its 10,000 rows, run as the manager is. */
export async function startBare(): Promise<Bare> {
  const dir = mkdtempSync(join(tmpdir(), "kubenova-bare-"));
  cpSync(folder, dir, { recursive: true });
  const config = join(dir, "wrangler.toml");
  await migrate(config, dir);
  const host = "127.0.0.1";
  const server = new Server({ dir, config, host, port: await freePort(host), healthPath: "/" });
  await server.start();
  return {
    directUrl: () => server.directUrl(),
    workerd: () => server.workerd(),
    stop: async () => {
      await server.end("SIGTERM");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
