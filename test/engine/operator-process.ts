import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { endWithParent } from "../lib/process.ts";

/** Where about a write the process dies: before it is sent, once it is sent, or when it was answered and nobody knows yet. */
export const MOMENTS = ["before", "sent", "after"] as const;
export type Moment = (typeof MOMENTS)[number];

/** As the chart has them: a fifth of its memory limit. */
const LIMITS = ["--max-old-space-size=230", "--max-semi-space-size=4"];

export interface KillAt {
  /** The n-th write from now on, 1 or more. */
  write: number;
  moment: Moment;
}

export interface ChildMessage {
  writes?: number;
  requests?: number;
  synced?: true;
}

/** The operator as a process of its own. */
export interface OperatorProcess {
  readonly pid: number;
  /** Rejects where it ended before. */
  readonly synced: Promise<void>;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
  readonly isAlive: boolean;
  /** Resolves when it has been killed; rejects where it ended otherwise: that is a fault. */
  readonly wasKilled: Promise<void>;
  /** Writes that it has begun. */
  writes(): number;
  /** Requests of all kinds that were answered to it; a watch is one. */
  requests(): number;
  /** It is to kill itself then. */
  dieAt(killAt: KillAt): void;
  /** kill -9; resolves when it has ended. */
  kill(): Promise<void>;
}

/** Starts such processes, bundled as the image is, so that a start costs little. */
export interface OperatorStarter {
  start(): OperatorProcess;
  /** Kills what still runs. */
  close(): Promise<void>;
}

/** `renderer`: the program that renders modules, where any are. */
export async function operatorStarter(kubeconfig: string, renderer = ""): Promise<OperatorStarter> {
  const folder = mkdtempSync(join(tmpdir(), "kubenova-operator-"));
  const file = join(folder, "operator.mjs");
  const source = join(import.meta.dirname, "operator-child.ts");
  await build({
    ...{ entryPoints: [source], outfile: file, bundle: true },
    ...{ platform: "node", target: "node24", format: "esm", logLevel: "warning" },
    external: ["bufferutil", "utf-8-validate"],
    // What it looks for beside the sources (programs to build, modules to embed) it finds from where it was bundled.
    define: { "import.meta.url": JSON.stringify(pathToFileURL(source).href) },
    // CommonJS libraries in the bundle ask for it.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  const running = new Set<OperatorProcess>();
  return {
    start() {
      const started = processOf(fork(file, [kubeconfig, renderer], { execArgv: LIMITS }));
      running.add(started);
      void started.ended.then(() => running.delete(started));
      return started;
    },
    async close() {
      await Promise.all([...running].map((one) => one.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function processOf(child: ChildProcess): OperatorProcess {
  endWithParent(child);
  const synced = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let writes = 0;
  let requests = 0;
  let alive = true;
  const killed = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  killed.promise.catch(() => {});
  child.on("message", (message: ChildMessage) => {
    writes = message.writes ?? writes;
    requests = message.requests ?? requests;
    if (message.synced) synced.resolve();
  });
  child.once("exit", (code, signal) => {
    alive = false;
    const fault = new Error(`the operator ended by itself: ${signal ?? code}`);
    if (signal === "SIGKILL") killed.resolve();
    else killed.reject(fault);
    synced.reject(signal === "SIGKILL" ? new Error("the operator was killed") : fault);
    ended.resolve();
  });
  return {
    synced: synced.promise,
    wasKilled: killed.promise,
    ended: ended.promise,
    get isAlive() {
      return alive;
    },
    pid: child.pid ?? 0,
    writes: () => writes,
    requests: () => requests,
    // One that is dying of an earlier word does not hear it.
    dieAt: (killAt) => void child.send(killAt, () => {}),
    async kill() {
      child.kill("SIGKILL");
      await ended.promise;
    },
  };
}
