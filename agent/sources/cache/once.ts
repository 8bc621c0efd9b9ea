import { SourceError } from "../types.ts";
import { type Cache, type CacheOptions, openCache } from "./cache.ts";

/** A disk that failed to open is tried again by the next fetch. @throws SourceError, when it is called */
export function onceOpened(options: CacheOptions): () => Promise<Cache> {
  let opened: Promise<Cache> | undefined;
  return () => {
    opened ??= openCache(options).catch((error: unknown) => {
      opened = undefined;
      const { code } = error as NodeJS.ErrnoException;
      throw new SourceError("unreachable", `the cache's folder cannot be used (${code})`, { cause: error });
    });
    return opened;
  };
}
