import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descendants, freePort, isAlive, killTree, run, signalQuietly, until } from "../lib/process.ts";
import { bundleManager, ROOT, wranglerBin, wranglerEnv } from "./bundle.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";

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
}

/** A manager in real workerd, as a child process whose state survives it. */
export interface Manager {
  url: string;
  host: string;
  port: number;
  /** Platform administrator key. */
  key: string;
  dir: string;
  /** PEM file of the CA that signed its certificate. */
  caFile?: string;
  /** Pids of everything it runs. */
  pids(): number[];
  /** Pid of the runtime itself. */
  workerd(): number;
  /** Ends it without warning, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same state. */
  restart(): Promise<void>;
  /** Ends it, and removes its state where it was a temporary folder. */
  stop(): Promise<void>;
}

export async function startManager(options: ManagerOptions = {}): Promise<Manager> {
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? (await freePort(host));
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "kubenova-manager-"));
  mkdirSync(dir, { recursive: true });
  const certificate = options.tls ? await makeCertificate(join(dir, "tls"), host) : undefined;
  const config = await writeConfig(dir, options.vars ?? {});
  const server = new Server({ dir, config, host, port, certificate });
  await migrate(config, dir);
  await server.start();
  return {
    url: server.url,
    host,
    port,
    key: adminKey(dir),
    dir,
    ...(certificate ? { caFile: certificate.ca } : {}),
    pids: () => server.pids(),
    workerd: () => server.workerd(),
    kill: () => server.end("SIGKILL"),
    restart: () => server.start(),
    stop: async () => {
      await server.end("SIGTERM");
      if (!options.dir) rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The key is made once and kept with the state, so that a restart knows it. */
function adminKey(dir: string): string {
  const file = join(dir, "admin.key");
  try {
    return readFileSync(file, "utf8");
  } catch {
    const key = randomBytes(32).toString("base64url");
    writeFileSync(file, key, { mode: 0o600 });
    return key;
  }
}

/** A copy of wrangler.toml that runs the bundle as it is; secrets go into a file beside it, not onto a command line. */
async function writeConfig(dir: string, vars: Record<string, string>): Promise<string> {
  const bundle = await bundleManager();
  const text = readFileSync(join(ROOT, "wrangler.toml"), "utf8")
    .replace(/^main = .*$/m, `main = ${JSON.stringify(join(bundle, "index.js"))}\nno_bundle = true`)
    .replace(/^migrations_dir = .*$/m, `migrations_dir = ${JSON.stringify(join(ROOT, "d1-migrations"))}`)
    .replace(
      /^directory = "(?!\/)(.*)"$/m,
      (_, folder: string) => `directory = ${JSON.stringify(join(ROOT, folder))}`,
    );
  const config = join(dir, "wrangler.toml");
  writeFileSync(config, text);
  const secrets = { PLATFORM_ADMIN_KEY: adminKey(dir), ...vars };
  writeFileSync(
    join(dir, ".dev.vars"),
    Object.entries(secrets)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
      .join(""),
    { mode: 0o600 },
  );
  return config;
}

async function migrate(config: string, dir: string): Promise<void> {
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

class Server {
  readonly url: string;
  private child: ChildProcess | undefined;
  private readonly at: {
    dir: string;
    config: string;
    host: string;
    port: number;
    certificate: Certificate | undefined;
  };

  constructor(at: Server["at"]) {
    this.at = at;
    this.url = `${at.certificate ? "https" : "http"}://${at.host}:${at.port}`;
  }

  async start(): Promise<void> {
    const { dir, config, host, port, certificate } = this.at;
    const tls = certificate
      ? [
          "--local-protocol",
          "https",
          "--https-key-path",
          certificate.key,
          "--https-cert-path",
          certificate.cert,
        ]
      : [];
    const inspector = String(await freePort());
    const args = [
      wranglerBin(),
      "dev",
      "--config",
      config,
      "--ip",
      host,
      "--port",
      String(port),
      "--inspector-port",
      inspector,
      "--persist-to",
      join(dir, "state"),
      "--show-interactive-dev-session=false",
      "--log-level",
      "info",
      ...tls,
    ];
    const log = createWriteStream(join(dir, "manager.log"), { flags: "a" });
    const child = spawn(join(ROOT, "node_modules/.bin/node"), args, {
      cwd: dir,
      env: wranglerEnv(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    this.child = child;
    await until(`the manager answers at ${this.url}`, () => this.answers(child), { deadlineMs: 90_000 });
  }

  private async answers(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null)
      throw new Error(`wrangler ended with ${child.exitCode}; see ${join(this.at.dir, "manager.log")}`);
    return (await get(`${this.url}/healthz`, this.at.certificate?.ca)) === 200;
  }

  pids(): number[] {
    return this.child?.pid === undefined ? [] : [this.child.pid, ...descendants(this.child.pid)];
  }

  workerd(): number {
    const pid = this.pids().find((each) => commandOf(each).includes("workerd"));
    if (pid === undefined) throw new Error("no workerd runs");
    return pid;
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child) return;
    const pids = child.pid === undefined ? [] : [child.pid, ...descendants(child.pid)];
    await killTree(child, signal);
    for (const pid of pids.filter(isAlive)) signalQuietly(pid, "SIGKILL");
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";
  } catch {
    return "";
  }
}

/** Status of a GET, with the CA of the server's own certificate. */
function get(url: string, caFile: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { timeout: 5_000, agent: false, ...(caFile ? { ca: readFileSync(caFile) } : {}) };
    const request = (caFile ? https : http).get(url, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("timeout", () => request.destroy(new Error("no answer in 5 s")));
    request.on("error", reject);
  });
}
