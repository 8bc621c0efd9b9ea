import { errorLine, MAX_RENDER_ERRORS, type RenderError } from "../../../protocol/resources/render-report.ts";
import { MAX_MESSAGE_LENGTH } from "../../../protocol/resources/status.ts";
import type { RenderErrorDetail } from "../../renderer/contract.ts";
import type { RenderErrorCode, RenderError as RendererError } from "../../renderer/errors.ts";
import type { SourceError, SourceErrorKind } from "../../sources/types.ts";

/** The condition of a Transform that is False then. */
export type Stage = "Fetched" | "Validated" | "Rendered";

/**
 * - `soon`: what is away comes back on its own: seconds, then a minute.
 * - `slow`: a person has to do something elsewhere (a tag, a right, a password): up to some minutes.
 * - `never`: the same again has the same end; only another input, or a reference that moves, helps.
 */
export type Retry = "soon" | "slow" | "never";

/** Why a module did not become a graph. `errors` are for people, the worst first; never a credential in them. */
export class RenderingError extends Error {
  override readonly name = "RenderingError";
  readonly stage: Stage;
  /** CamelCase, for conditions and events. */
  readonly reason: string;
  readonly retry: Retry;
  readonly errors: readonly RenderError[];

  constructor(init: { stage: Stage; reason: string; retry: Retry; errors: readonly RenderErrorDetail[] }) {
    const errors = init.errors.slice(0, MAX_RENDER_ERRORS).map(bounded);
    super(summaryOf(errors, init.errors.length));
    this.stage = init.stage;
    this.reason = init.reason;
    this.retry = init.retry;
    this.errors = errors;
  }
}

const OF_SOURCE: Readonly<Record<SourceErrorKind, [reason: string, retry: Retry]>> = {
  "not-found": ["SourceNotFound", "slow"],
  forbidden: ["SourceForbidden", "slow"],
  unauthorized: ["SourceUnauthorized", "slow"],
  unreachable: ["SourceUnreachable", "soon"],
  timeout: ["SourceTimeout", "soon"],
  "digest-mismatch": ["DigestMismatch", "slow"],
  "too-large": ["SourceTooLarge", "never"],
  invalid: ["SourceInvalid", "never"],
};

/** @param of what could not be had, such as `policy registries`; the module itself where absent */
export function sourceFailure(error: SourceError, of?: string): RenderingError {
  const [reason, retry] = OF_SOURCE[error.kind];
  const message = of === undefined ? error.message : `${of}: ${error.message}`;
  return new RenderingError({ stage: "Fetched", reason, retry, errors: [{ message }] });
}

const OF_RENDER: Readonly<Record<RenderErrorCode, [stage: Stage, reason: string, retry: Retry]>> = {
  "invalid-module": ["Rendered", "InvalidModule", "never"],
  "invalid-input": ["Validated", "InvalidInput", "never"],
  incomplete: ["Rendered", "Incomplete", "never"],
  "invalid-output": ["Rendered", "InvalidOutput", "never"],
  "invalid-policy": ["Validated", "InvalidPolicy", "never"],
  "missing-dependency": ["Fetched", "MissingDependency", "never"],
  "bad-request": ["Rendered", "InvalidModule", "never"],
  "out-of-memory": ["Rendered", "OutOfMemory", "never"],
  "too-large": ["Rendered", "TooLarge", "never"],
  crashed: ["Rendered", "RendererCrashed", "never"],
  // A machine that is busy makes a render slow that is not so by itself.
  timeout: ["Rendered", "RenderTimeout", "slow"],
  unavailable: ["Rendered", "RendererUnavailable", "soon"],
  stopped: ["Rendered", "RendererUnavailable", "soon"],
};

export function renderFailure({ code, errors }: RendererError): RenderingError {
  const [stage, reason, retry] = OF_RENDER[code];
  return new RenderingError({ stage, reason, retry, errors });
}

const BASIC_TYPE = /^(string|int|number|float|bool|bytes|null)$/;

/**
 * Errors for those who may read the resource's events, or its app at the manager, and not its input: what CUE says of a value
 * quotes it. The path, the place and what was expected stay; the resource's own status has CUE's words.
 */
export const unquoted = (errors: readonly RenderError[]): RenderError[] => errors.map(withoutValue);

function withoutValue(error: RenderError): RenderError {
  const { message, path, file, expected, ...place } = error;
  const isOfValue = path !== undefined || file !== undefined || QUOTING.test(message);
  if (!isOfValue || SAYS_NO_VALUE.test(message)) return error;
  const isOfInput = path?.startsWith("input.");
  const isMissing = NOT_CONCRETE.test(message);
  return {
    message: isMissing ? "it has no value" : `not what ${isOfInput ? "#Input" : "the module"} allows`,
    ...place,
    ...(path === undefined ? {} : { path }),
    ...(file === undefined ? {} : { file }),
    // Of the input it is the schema's; elsewhere it may be made of values.
    ...(expected !== undefined && (isOfInput || BASIC_TYPE.test(expected)) ? { expected } : {}),
  };
}

const QUOTING = /\b(conflicting values|invalid value|incomplete value|cannot use|none of the alternatives)\b/;
const NOT_CONCRETE =
  /(^incomplete value |^undefined field: |^cannot reference optional field: |non-concrete value|^incomplete bool)/;
/** Of a field's name, or of what stands in the module's own text. */
const SAYS_NO_VALUE =
  /^(required for a Kubernetes object|it has no such parameter|field (not allowed|is required but not present)|no package clause: .*|expected [^"]*, found [^"]*|missing ',' .*|reference "[^"]*" not found|import failed: .*|cannot find package .*|illegal character .*|string literal not terminated)$/s;

const MORE = (count: number) => (count > 0 ? ` (and ${count} more)` : "");

export const summaryOf = (errors: readonly RenderError[], total = errors.length): string =>
  `${errors[0] ? errorLine(errors[0]) : "no reason is known"}${MORE(total - 1)}`;

const cut = (text: string): string =>
  text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;

function bounded({ message, file, line, column, path, expected }: RenderErrorDetail): RenderError {
  return {
    message: cut(message),
    ...(file === undefined ? {} : { file: cut(file) }),
    ...(line === undefined ? {} : { line: Math.max(0, line) }),
    ...(column === undefined ? {} : { column: Math.max(0, column) }),
    ...(path === undefined ? {} : { path: cut(path) }),
    ...(expected === undefined ? {} : { expected: cut(expected) }),
  };
}
