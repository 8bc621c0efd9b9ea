import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../cluster/run.ts";
import { freePort } from "../lib/process.ts";
import { Hopeless } from "../lib/until.ts";
import { bundleManager, ROOT, wranglerBin, wranglerEnv } from "./bundle.ts";
import { makeCertificate } from "./certificate.ts";
import { Server } from "./server.ts";

export interface ManagerOptions {
  /** Where its state lives; a new folder that `stop` removes where absent. */
  dir?: string;
  /** Address to listen on: a cluster's gateway, so that its pods reach the manager. */
  host?: string;
  port?: number;
  /** Serve HTTPS with a certificate made for `host`; its CA is in the answer. */
  tls?: boolean;
  /** More variables of the Worker, such as failpoints. */
  vars?: Record<string, string>;
  /** Have what the Worker logs in manager.log too. */
  workerLogs?: boolean;
  /** Folder of another Worker around the product's, see bundleManager. */
  worker?: string;
}

/** A manager in real workerd, as a child process whose state survives it. */
export interface Manager {
  url: string;
  host: string;
  port: number;
  /** Platform administrator key. */
  key: string;
  /** Ring of key-encryption keys. */
  keyRing: string;
  dir: string;
  /** PEM file of the CA that signed its certificate. */
  caFile?: string;
  /** Pids of everything it runs. */
  pids(): number[];
  /** Pid of the runtime itself. */
  workerd(): number;
  /** URL of the runtime without wrangler's proxy before it, for benchmarks: another one after each start. */
  directUrl(): Promise<string>;
  /** Ends it without warning, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same state. */
  restart(): Promise<void>;
  /** Ends it, and removes its state where it was a temporary folder. */
  stop(): Promise<void>;
}

const START_TRIES = 3;

/** @throws where it does not start; where its port was free to choose, another one is tried first */
export async function startManager(options: ManagerOptions = {}): Promise<Manager> {
  for (let left = options.port === undefined ? START_TRIES : 1; ; left--) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!(error instanceof Hopeless) || left <= 1) throw error;
    }
  }
}

async function startOnce(options: ManagerOptions): Promise<Manager> {
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? (await freePort(host));
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "kubenova-manager-"));
  mkdirSync(dir, { recursive: true });
  const certificate = options.tls ? await makeCertificate(join(dir, "tls"), host) : undefined;
  const config = await writeConfig(dir, options);
  const server = new Server({
    dir,
    config,
    host,
    port,
    certificate,
    healthPath: "/healthz",
    workerLogs: options.workerLogs,
  });
  await migrate(config, dir);
  await server.start();
  return {
    url: server.url,
    host,
    port,
    key: adminKey(dir),
    keyRing: keyRing(dir),
    dir,
    ...(certificate ? { caFile: certificate.ca } : {}),
    pids: () => server.pids(),
    workerd: () => server.workerd(),
    directUrl: () => server.directUrl(),
    kill: () => server.end("SIGKILL"),
    restart: () => server.start(),
    stop: async () => {
      await server.end("SIGTERM");
      if (!options.dir) rmSync(dir, { recursive: true, force: true });
    },
  };
}

const adminKey = (dir: string): string => kept(dir, "admin.key", () => randomBytes(32).toString("base64url"));
const keyRing = (dir: string): string =>
  kept(dir, "key.ring", () => `k1:${randomBytes(32).toString("base64")}`);

/** A secret is made once and kept with the state, so that a restart knows it. */
function kept(dir: string, name: string, make: () => string): string {
  const file = join(dir, name);
  try {
    return readFileSync(file, "utf8");
  } catch {
    const secret = make();
    writeFileSync(file, secret, { mode: 0o600 });
    return secret;
  }
}

/** A copy of wrangler.toml that runs the bundle as it is; secrets go into a file beside it, not onto a command line. */
async function writeConfig(dir: string, { vars, worker }: ManagerOptions): Promise<string> {
  const bundle = await bundleManager(worker);
  const text = readFileSync(join(ROOT, "wrangler.toml"), "utf8")
    .replace(/^main = .*$/m, `main = ${JSON.stringify(join(bundle, "index.js"))}\nno_bundle = true`)
    .replace(/^migrations_dir = .*$/m, `migrations_dir = ${JSON.stringify(join(ROOT, "d1-migrations"))}`)
    .replace(
      /^directory = "(?!\/)(.*)"$/m,
      (_, folder: string) => `directory = ${JSON.stringify(join(ROOT, folder))}`,
    );
  const config = join(dir, "wrangler.toml");
  writeFileSync(config, text);
  const secrets = { PLATFORM_ADMIN_KEY: adminKey(dir), KEY_RING: keyRing(dir), ...vars };
  writeFileSync(
    join(dir, ".dev.vars"),
    Object.entries(secrets)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
      .join(""),
    { mode: 0o600 },
  );
  return config;
}

/** Creates or upgrades the local D1 of a wrangler.toml. */
export async function migrate(config: string, dir: string): Promise<void> {
  const args = [
    wranglerBin(),
    "d1",
    "migrations",
    "apply",
    "DB",
    "--local",
    "--config",
    config,
    "--persist-to",
    join(dir, "state"),
  ];
  await run(join(ROOT, "node_modules/.bin/node"), args, { cwd: dir, env: wranglerEnv() });
}
