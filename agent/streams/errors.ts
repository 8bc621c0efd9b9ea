/** A request that ends with an error of ours; `code` is one of domain/errors. The message is for people. */
export class StreamError extends Error {
  override readonly name = "StreamError";
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
