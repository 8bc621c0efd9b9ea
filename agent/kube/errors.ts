/**
 * What a caller may do about an error:
 * - `transient`: no answer, a deadline, or a server that is unwell (5xx): the same again, after a backoff.
 * - `tooMany`: 429 beyond the deadline; wait `retryAfterSeconds`.
 * - `conflict`: optimistic concurrency, a precondition, or another field manager (`fieldConflicts`).
 * - `alreadyExists`, `notFound`, `forbidden`, `unauthorized`: as HTTP says.
 * - `terminating`: its namespace is being deleted; goes away when the namespace is gone.
 * - `gone`: the resourceVersion or continue token is too old: list anew.
 * - `invalid`: the request can never succeed as it is.
 * - `tooLarge`: the object or the answer exceeds a size limit.
 * - `noSuchKind`: the server has no such API; a CRD may bring it.
 * - `readOnly`: refused here, nothing was sent.
 */
export type ErrorKind =
  | "transient"
  | "tooMany"
  | "conflict"
  | "alreadyExists"
  | "notFound"
  | "forbidden"
  | "unauthorized"
  | "terminating"
  | "gone"
  | "invalid"
  | "tooLarge"
  | "noSuchKind"
  | "readOnly";

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface KubeErrorInit {
  kind: ErrorKind;
  /** HTTP status; 0 where no answer came. */
  status: number;
  /** `reason` of the server's Status, e.g. `AlreadyExists`; ours: `Timeout`, `Network`. */
  reason: string;
  causes?: readonly StatusCause[];
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** Every failed request. The message is the server's, never with a credential or a body of ours in it. */
export class KubeError extends Error {
  override readonly name: string = "KubeError";
  readonly kind: ErrorKind;
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, init: KubeErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.kind = init.kind;
    this.status = init.status;
    this.reason = init.reason;
    this.causes = init.causes ?? [];
    this.retryAfterSeconds = init.retryAfterSeconds;
  }

  /** Worth the same request again later, without a change. */
  get retryable(): boolean {
    return this.kind === "transient" || this.kind === "tooMany" || this.kind === "terminating";
  }

  /** Fields that an apply without force would have taken from other managers. */
  get fieldConflicts(): readonly { field: string; message: string }[] {
    return this.causes
      .filter((cause) => cause.reason === "FieldManagerConflict")
      .map((cause) => ({ field: cause.field ?? "", message: cause.message ?? "" }));
  }
}

/** A write through a read-only client. */
export class ReadOnlyError extends KubeError {
  override readonly name = "ReadOnlyError";

  constructor(what: string) {
    super(`refused: this client is read-only (${what})`, { kind: "readOnly", status: 0, reason: "ReadOnly" });
  }
}

/** True for a `KubeError` of one of these kinds. */
export function isKind(error: unknown, ...kinds: readonly ErrorKind[]): error is KubeError {
  return error instanceof KubeError && kinds.includes(error.kind);
}
