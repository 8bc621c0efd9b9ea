import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { descendants, endWithParent, freePort, isAlive, killTree, signalQuietly } from "../lib/process.ts";
import { Hopeless, until } from "../lib/until.ts";
import { ROOT, wranglerBin, wranglerEnv } from "./bundle.ts";
import type { Certificate } from "./certificate.ts";
import { listeningPorts } from "./ports.ts";

export interface ServerOptions {
  dir: string;
  /** A wrangler.toml. */
  config: string;
  host: string;
  port: number;
  certificate?: Certificate | undefined;
  /** A path that answers 200 once it is up. */
  healthPath: string;
  /** Have what the Worker logs in manager.log too; wrangler's own lines alone where absent. */
  workerLogs?: boolean | undefined;
}

/** `wrangler dev` as a child process: a proxy in one workerd, before the Worker in another. */
export class Server {
  readonly url: string;
  private child: ChildProcess | undefined;
  private readonly at: ServerOptions;

  constructor(at: ServerOptions) {
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
      this.at.workerLogs ? "log" : "info",
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
    endWithParent(child);
    try {
      await until(`the manager answers at ${this.url}`, () => this.answers(child), { deadlineMs: 90_000 });
    } catch (error) {
      await this.end("SIGKILL");
      throw error;
    }
  }

  private async answers(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null)
      throw new Hopeless(`wrangler ended with ${child.exitCode}; see ${join(this.at.dir, "manager.log")}`);
    return (await get(`${this.url}${this.at.healthPath}`, this.at.certificate?.ca)) === 200;
  }

  pids(): number[] {
    return this.child?.pid === undefined ? [] : [this.child.pid, ...descendants(this.child.pid)];
  }

  workerd(): number {
    // Of the two that wrangler runs, the other one is its proxy: it has the public port.
    const pid = this.pids().find(
      (each) => commandOf(each).includes("workerd") && !listeningPorts(each).includes(this.at.port),
    );
    if (pid === undefined) throw new Error("no workerd runs");
    return pid;
  }

  /**
   * URL of the runtime itself, without wrangler's proxy before it, which halves throughput: for benchmarks. Another one
   * after each start.
   */
  async directUrl(): Promise<string> {
    for (const port of this.pids().flatMap(listeningPorts)) {
      if (port === this.at.port) continue;
      const url = `http://127.0.0.1:${port}`;
      if ((await get(`${url}${this.at.healthPath}`, undefined).catch(() => 0)) === 200) return url;
    }
    throw new Error("the runtime listens on no port of its own");
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
