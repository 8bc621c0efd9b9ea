import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { ChildEnded, type EndReason, endOf } from "./ends.ts";

export interface ChildOptions {
  binary: string;
  memoryBytes: number;
  answerBytes: number;
  onExit(): void;
}

export interface Child {
  readonly alive: boolean;
  /** Requests answered so far. */
  readonly answered: number;
  /** Sends a line and gives the line that answers it; one at a time. @throws ChildEnded, the process is gone then */
  ask(line: string): Promise<string>;
  /** Ends it at once. */
  end(reason: EndReason, message: string): void;
  /** Linux: what is resident; 0 where it is gone. */
  residentBytes(): number;
}

/** The first lines of a dying Go program say why; the stacks after them are long. */
const MAX_WORDS = 2_048;
const PAGE_BYTES = 4_096;

interface Pending {
  resolve(line: string): void;
  reject(error: ChildEnded): void;
}

/** A renderer process: no environment, the root as its folder, three pipes, and what its own sandbox leaves it. */
export function startChild(options: ChildOptions): Child {
  const process = spawn(options.binary, ["-memory", String(options.memoryBytes)], {
    cwd: "/",
    env: {},
    stdio: ["pipe", "pipe", "pipe"],
  });
  let alive = true;
  let answered = 0;
  let pending: Pending | undefined;
  let ended: ChildEnded | undefined;
  let spawnError: Error | undefined;
  let words = "";

  const end = (reason: EndReason, message: string): void => {
    ended ??= new ChildEnded(reason, message);
    alive = false;
    process.kill("SIGKILL");
  };
  const settle = (line: string): void => {
    const asked = pending;
    pending = undefined;
    answered += 1;
    asked?.resolve(line);
  };
  readLines(process, options.answerBytes, {
    onLine: (line) => (pending ? settle(line) : end("crashed", "the renderer spoke out of turn")),
    onTooLarge: () => end("too-large", `it makes more than ${options.answerBytes} bytes of JSON`),
  });
  process.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(0, MAX_WORDS);
  });
  // What ended it stands in its exit.
  process.stdin.on("error", () => {});
  process.on("error", (error) => {
    spawnError = error;
  });
  process.on("close", (code, signal) => {
    alive = false;
    pending?.reject(ended ?? endOf({ code, signal, words, spawnError }));
    pending = undefined;
    options.onExit();
  });
  return {
    get alive() {
      return alive;
    },
    get answered() {
      return answered;
    },
    end,
    ask: (line) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        process.stdin.write(`${line}\n`);
      }),
    residentBytes: () => (alive ? residentBytes(process.pid) : 0),
  };
}

interface LineEvents {
  onLine(line: string): void;
  onTooLarge(): void;
}

function readLines({ stdout }: ChildProcess, maxBytes: number, { onLine, onTooLarge }: LineEvents): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  stdout?.on("data", (chunk: Buffer) => {
    const end = chunk.indexOf(10);
    const part = end < 0 ? chunk : chunk.subarray(0, end);
    bytes += part.length;
    if (bytes > maxBytes) {
      chunks = [];
      return onTooLarge();
    }
    chunks.push(part);
    if (end < 0) return;
    const line = Buffer.concat(chunks).toString("utf8");
    chunks = [];
    bytes = 0;
    onLine(line);
  });
}

function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
