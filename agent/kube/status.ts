import { type ErrorKind, KubeError, type StatusCause } from "./errors.ts";
import type { Headers } from "./request-headers.ts";

/** The API server's Status object, as far as it is read. */
interface Status {
  kind?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: { name?: string; causes?: StatusCause[]; retryAfterSeconds?: number };
}

const MESSAGE_MAX_CHARS = 2_048;
/**
 * Failures that the API server reports as 500 although the same request can never succeed. Matched by text: their
 * Status has no reason.
 */
const FINAL_500: readonly { text: string; kind: ErrorKind }[] = [
  { text: "etcdserver: request is too large", kind: "tooLarge" },
  { text: "failed to create typed patch object", kind: "invalid" },
];

const BY_STATUS: Readonly<Record<number, ErrorKind>> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "notFound",
  408: "transient",
  409: "conflict",
  410: "gone",
  413: "tooLarge",
  422: "invalid",
  429: "tooMany",
};

/** The error of an answer with status 400 or above. `body` may be anything: proxies answer HTML. */
export function errorOf(httpStatus: number, body: string, retryAfter?: string | string[]): KubeError {
  return fromStatus(parseStatus(body), httpStatus, retryAfterSeconds(retryAfter), body);
}

/** The error of an ERROR event in a watch, which carries a Status with its own code. */
export function errorOfEvent(object: unknown): KubeError {
  const status = isStatus(object) ? object : {};
  return fromStatus(status, status.code ?? 500, undefined, "");
}

function fromStatus(
  status: Status | undefined,
  code: number,
  retryAfter: number | undefined,
  text: string,
): KubeError {
  const causes = status?.details?.causes ?? [];
  const message = status?.message || text.trim() || `HTTP ${code}`;
  return new KubeError(message.slice(0, MESSAGE_MAX_CHARS), {
    kind: classify(code, status, causes),
    status: code,
    reason: status?.reason || "Unknown",
    causes,
    ...definedRetry(retryAfter ?? status?.details?.retryAfterSeconds),
  });
}

function classify(code: number, status: Status | undefined, causes: readonly StatusCause[]): ErrorKind {
  // A path without a handler has no Status but a line of text: the whole API is missing, not one object.
  if (code === 404 && status === undefined) return "noSuchKind";
  if (status?.reason === "AlreadyExists") return "alreadyExists";
  if (status?.reason === "Expired") return "gone";
  if (causes.some((cause) => cause.reason === "NamespaceTerminating")) return "terminating";
  const final = code === 500 ? FINAL_500.find(({ text }) => status?.message?.includes(text)) : undefined;
  if (final) return final.kind;
  return BY_STATUS[code] ?? (code >= 500 ? "transient" : "invalid");
}

/** `Retry-After`: seconds. The date form is not used by API servers and is read as none. */
export function retryAfterSeconds(header: string | string[] | undefined): number | undefined {
  const value = Number(Array.isArray(header) ? header[0] : header);
  return header !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** Texts of `Warning: 299 - "text"` headers. */
export function warningTexts(headers: Readonly<Partial<Headers>>): string[] {
  const header = headers.warning;
  const lines = header === undefined ? [] : Array.isArray(header) ? header : [header];
  return lines.flatMap((line) =>
    [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? ""),
  );
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isStatus(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}

function definedRetry(seconds: number | undefined): { retryAfterSeconds?: number } {
  return seconds ? { retryAfterSeconds: seconds } : {};
}
