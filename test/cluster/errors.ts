/** The caller asked for something that cannot be; the command answers it with exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}
