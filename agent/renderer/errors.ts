import type { RENDER_ERROR_CODES, RenderErrorDetail } from "./contract.ts";

/**
 * What a render may end with beside the codes of the contract. timeout, out-of-memory, too-large, crashed: by the module's
 * own doing; the same again ends the same way. unavailable: no renderer could be had, which may pass. stopped: the agent
 * is ending.
 */
export const RENDERER_FAILURES = [
  "timeout",
  "out-of-memory",
  "too-large",
  "crashed",
  "unavailable",
  "stopped",
] as const;

export type RenderErrorCode = (typeof RENDER_ERROR_CODES)[number] | (typeof RENDERER_FAILURES)[number];

/** A render that gave no graph. Its texts may quote the module and its input: for statuses, not for logs. */
export class RenderError extends Error {
  readonly code: RenderErrorCode;
  /** One at least; the message is made of the first. */
  readonly errors: readonly RenderErrorDetail[];

  constructor(code: RenderErrorCode, errors: readonly RenderErrorDetail[]) {
    const [first] = errors;
    super(first === undefined ? code : inWords(first));
    this.name = "RenderError";
    this.code = code;
    this.errors = errors;
  }
}

export const failed = (code: RenderErrorCode, message: string): RenderError =>
  new RenderError(code, [{ message }]);

/** `module.cue:12:3: input.replicas: invalid value 0 (out of bound >=1)` */
function inWords({ file, line, column, path, message }: RenderErrorDetail): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return [place, path, message].filter(Boolean).join(": ");
}
