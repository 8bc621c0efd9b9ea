import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { z } from "zod";
import { onAbort } from "../../kube/abort.ts";
import { readTarStream } from "../archive/tar.ts";
import type { Limits } from "../limits.ts";
import { createTree } from "../tree.ts";
import { type FileTree, SOURCE_ERROR_KINDS, SourceError } from "../types.ts";

/** What main.go reads: field by field. */
export interface GitRequest {
  url: string;
  ref: string;
  dir: string;
  held: string;
  username: string;
  password: string;
  /** Where the password may go, redirects included: `host` or `host:port`, as URL.host has them. */
  hosts: readonly string[];
  ca: string;
  privateKey: string;
  knownHosts: string;
  allowed: readonly string[];
  refused: readonly string[];
}

export type GitAnswer = { bytes: number; commit: string; files?: FileTree };

const answerSchema = z.union([
  z.object({ bytes: z.number(), kind: z.enum(SOURCE_ERROR_KINDS), message: z.string() }),
  z.object({ bytes: z.number(), commit: z.string().min(1), unchanged: z.boolean().optional() }),
]);

const MAX_LINE_BYTES = 64 * 1024;
const MAX_WORDS = 2_048;

/**
 * Runs the program for one fetch. It has no environment, its arguments say nothing but its memory, and its standard input
 * has the credentials.
 * @throws SourceError
 */
export async function runGit(
  program: string,
  request: GitRequest,
  limits: Limits,
  signal: AbortSignal,
): Promise<GitAnswer> {
  const child = spawn(program, ["-memory", String(limits.gitMemoryBytes)], { cwd: "/", env: {} });
  const closed = once(child, "close") as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  closed.catch(() => undefined);
  const off = onAbort(signal, () => child.kill("SIGKILL"));
  const words = wordsOf(child);
  // A program that ended early says why by its exit.
  child.stdin.on("error", () => {});
  const { maxFileBytes, maxBytes, maxFiles, maxDepth, maxArchiveBytes, idleMs } = limits;
  const bounds = { maxFileBytes, maxBytes, maxFiles, maxDepth, maxArchiveBytes, idleMs };
  child.stdin.end(JSON.stringify({ ...request, ...bounds }));
  try {
    const { line, rest } = await firstLine(child.stdout);
    const answer = await answerOf(line, closed, words, limits);
    if ("kind" in answer) throw new SourceError(answer.kind, answer.message);
    const { bytes, commit } = answer;
    if (answer.unchanged) return { bytes, commit };
    const tree = createTree(limits);
    await readTarStream(Readable.from(rest), false, tree, limits, signal);
    await closed;
    return { bytes, commit, files: tree.build() };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    off();
    child.kill("SIGKILL");
  }
}

/** The line, and what follows it. The program writes no byte before it knows the whole tree. */
async function firstLine(stdout: Readable): Promise<{ line: string; rest: AsyncGenerator<Buffer> }> {
  const chunks = stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held = Buffer.alloc(0);
  for (
    let next = await chunks.next();
    !next.done && held.length < MAX_LINE_BYTES;
    next = await chunks.next()
  ) {
    held = Buffer.concat([held, next.value]);
    const end = held.indexOf(10);
    if (end >= 0)
      return { line: held.toString("utf8", 0, end), rest: following(held.subarray(end + 1), chunks) };
  }
  return { line: "", rest: following(Buffer.alloc(0), chunks) };
}

async function* following(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

async function answerOf(
  line: string,
  closed: Promise<[number | null, NodeJS.Signals | null]>,
  words: () => string,
  limits: Limits,
): Promise<z.infer<typeof answerSchema>> {
  if (line !== "") return answerSchema.parse(JSON.parse(line));
  const [code, signal] = await closed;
  const said = words();
  if (/out of memory|cannot allocate memory/.test(said)) {
    throw new SourceError(
      "too-large",
      `the repository needs more than ${limits.gitMemoryBytes} bytes of memory`,
    );
  }
  throw new SourceError("unreachable", `git ended by ${signal ?? code}: ${said.split("\n", 1)[0]}`);
}

function wordsOf({ stderr }: ChildProcess): () => string {
  let words = "";
  stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(0, MAX_WORDS);
  });
  return () => words;
}
