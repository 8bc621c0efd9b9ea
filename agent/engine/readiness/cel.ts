import vm from "node:vm";
import type { CelInput } from "@bufbuild/cel";
import { type Analysis, analyse } from "./cel-analysis.ts";
import { evaluationProblem } from "./cel-errors.ts";
import { cel, type Parsed } from "./cel-library.ts";

/** Expressions that are kept compiled: the same text of a thousand apps is compiled once. */
const MAX_COMPILED = 1_000;
/** Ends any evaluation, whatever it does: the engine has one thread. An ordinary one takes a fifth of a millisecond. */
export const EVALUATION_MS = 50;

const MAX_WALL_MS = 1_000;

export type Outcome = { value: boolean } | { error: string } | { tooSlow: true };

export interface Expression {
  analysis: Analysis;
  /** `self` and each node: a JSON object. */
  evaluate(self: object, nodes: ReadonlyMap<string, object>): Outcome;
}

const compiled = new Map<string, Expression | { problem: string }>();

/** The expression, or what is wrong with it and where. */
export function compile(text: string): Expression | { problem: string } {
  const known = compiled.get(text);
  if (known) {
    compiled.delete(text);
    compiled.set(text, known);
    return known;
  }
  const made = make(text);
  compiled.set(text, made);
  for (const oldest of compiled.keys()) {
    if (compiled.size <= MAX_COMPILED) break;
    compiled.delete(oldest);
  }
  return made;
}

function make(text: string): Expression | { problem: string } {
  let parsed: Parsed;
  try {
    parsed = cel().parse(text);
  } catch (error) {
    return { problem: syntaxProblem(error) };
  }
  const analysis = analyse(parsed, cel().isFunction);
  if (analysis.problem) {
    const { message, offset } = analysis.problem;
    return { problem: `${positionOf(text, offset)}: ${message}` };
  }
  const run = cel().plan(parsed);
  return {
    analysis,
    evaluate: (self, nodes) => guarded(() => outcomeOf(run(variables(self, nodes)), text, parsed)),
  };
}

/** The parser's message begins with its own name of the text, its line and its column. */
function syntaxProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, line, column, rest = message] = /^<input>:(\d+):(\d+): (.*)$/s.exec(message) ?? [];
  return line && column ? `line ${line}, column ${column}: ${rest}` : rest;
}

function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function outcomeOf(value: unknown, text: string, { positions }: Parsed): Outcome {
  if (typeof value === "boolean") return { value };
  if (cel().isError(value)) {
    const at = value.exprId === undefined ? undefined : positions[String(value.exprId)];
    const says = evaluationProblem(value.message, text, at);
    return { error: at === undefined ? says : `${positionOf(text, at)}: ${says}` };
  }
  return { error: `it must be true or false, and is ${cel().typeName(value)}` };
}

/** CEL's integers are another type than its doubles: JSON's whole numbers are integers, as for the API server. */
function celValue(value: unknown): CelInput {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value === "object" && value !== null) return celMapOf(Object.entries(value));
  return value as CelInput;
}
const celMapOf = (entries: Iterable<[string, unknown]>): CelInput =>
  new Map([...entries].map(([key, value]) => [key, celValue(value)]));

const variables = (self: object, nodes: ReadonlyMap<string, object>) => ({
  self: celValue(self),
  nodes: celMapOf(nodes),
});

let job: () => Outcome;
const context = vm.createContext({ run: () => job() });
const script = new vm.Script("run()");

/**
 * Not a sandbox (CEL can reach nothing): only the one way to end a computation in the middle. The limit is on the time of
 * the wall; on a busy machine most of that may be others', so what was ended without its share is begun again.
 */
function guarded(work: () => Outcome): Outcome {
  job = work;
  for (let limitMs = EVALUATION_MS; ; limitMs *= 4) {
    const before = cpuMs();
    try {
      return script.runInContext(context, { timeout: limitMs }) as Outcome;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT")
        return { error: "it cannot be evaluated" };
      if (cpuMs() - before >= EVALUATION_MS / 2 || limitMs > MAX_WALL_MS) return { tooSlow: true };
    }
  }
}

/** Of this thread. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
