import { SourceError } from "./types.ts";

const MAX_LABEL = 256;

export const moduleLabel = ({ path, version }: { path: string; version: string }): string =>
  `module ${path.slice(0, MAX_LABEL)}@${version.slice(0, MAX_LABEL)}`;

/** Errors say which source they are of, and are all SourceErrors but for the caller's own abort. */
export async function named<T>(label: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const kind = error instanceof SourceError ? error.kind : "unreachable";
    const message = error instanceof Error ? error.message : String(error);
    throw new SourceError(kind, `${label}: ${message}`, { cause: error });
  }
}
