/** Structured logs: one JSON object a line on standard output. Never give it a secret; it redacts only by name. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with fields on each line, e.g. a correlation id. */
  with(fields: LogFields): Logger;
}

export interface LogOptions {
  level: LogLevel;
  /** Takes one line, its newline included. */
  write: (line: string) => void;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Fields that a caller may pass by mistake. */
const SECRET = /token|secret|password|privatekey|authorization|signature/i;
const MAX_TEXT = 4_096;

export function createLogger(options: LogOptions, base: LogFields = {}): Logger {
  const lowest = LOG_LEVELS.indexOf(options.level);
  const write = (level: LogLevel, message: string, fields: LogFields = {}) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    const time = new Date(options.now()).toISOString();
    options.write(`${JSON.stringify({ time, level, message, ...base, ...fields }, printable)}\n`);
  };
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    with: (fields) => createLogger(options, { ...base, ...fields }),
  };
}

/** For tests, and for parts that are run without a log. */
export const silentLogger: Logger = createLogger({ level: "error", write: () => {}, now: () => 0 });

function printable(key: string, value: unknown): unknown {
  if (key !== "" && SECRET.test(key)) return "[redacted]";
  if (value instanceof Error) return errorText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string" && value.length > MAX_TEXT) return `${value.slice(0, MAX_TEXT)}…`;
  return value;
}

/** The message with those of its causes; stacks are for debuggers. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${errorText(error.cause)}` : error.message;
}
