import type { TreeLimits } from "./limits.ts";
import { type FileTree, SourceError } from "./types.ts";

/** Gathers the files of one source within the limits. */
export interface TreeBuilder {
  /**
   * Asks for room before any byte is read or unpacked; the answer takes the bytes, exactly so many.
   * @throws SourceError `too-large`, `invalid`
   */
  admit(path: string, bytes: number): (data: Uint8Array) => void;
  add(path: string, data: Uint8Array): void;
  build(): FileTree;
}

export function createTree(limits: TreeLimits): TreeBuilder {
  const files = new Map<string, Uint8Array | undefined>();
  const folders = new Set<string>();
  let total = 0;

  const admit = (path: string, bytes: number) => {
    const above = foldersAbove(checkedPath(path, limits));
    if (files.has(path)) throw invalid(path, "there twice");
    if (folders.has(path) || above.some((folder) => files.has(folder))) {
      throw invalid(path, "a file and a folder");
    }
    if (files.size >= limits.maxFiles) throw tooLarge(`more than ${limits.maxFiles} files`);
    if (bytes > limits.maxFileBytes) {
      throw tooLarge(`${shown(path)} has more than ${limits.maxFileBytes} bytes`);
    }
    total += bytes;
    if (total > limits.maxBytes) throw tooLarge(`more than ${limits.maxBytes} bytes`);
    for (const folder of above) folders.add(folder);
    files.set(path, undefined);
    return (data: Uint8Array) => {
      if (data.length !== bytes)
        throw invalid(path, `${data.length} bytes instead of the ${bytes} announced`);
      files.set(path, data);
    };
  };
  return {
    admit,
    add: (path, data) => admit(path, data.length)(data),
    build() {
      const built = new Map<string, Uint8Array>();
      for (const [path, data] of files) {
        if (!data) throw invalid(path, "cut short");
        built.set(path, data);
      }
      return built;
    },
  };
}

/** Control characters end up in terminals; a replacement character says that the name was no UTF-8. */
const STRANGE = /[\p{Cc}\\\uFFFD]/u;

/** @throws SourceError where a path is not relative, plain and within the limits */
export function checkedPath(path: string, limits: Pick<TreeLimits, "maxDepth" | "maxPathBytes">): string {
  if (Buffer.byteLength(path) > limits.maxPathBytes) {
    throw tooLarge(`a path of more than ${limits.maxPathBytes} bytes: ${shown(path)}`);
  }
  if (STRANGE.test(path)) throw invalid(path, "not a plain path");
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    throw invalid(path, "not a relative path inside the tree");
  }
  if (parts.length - 1 > limits.maxDepth)
    throw tooLarge(`${shown(path)} is deeper than ${limits.maxDepth} folders`);
  return path;
}

/** `a`, `a/b` of `a/b/c`. */
function foldersAbove(path: string): string[] {
  const found: string[] = [];
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) found.push(path.slice(0, at));
  return found;
}

const MAX_SHOWN = 120;

/** A path as an error may show it: quoted, and not longer than a line. */
export const shown = (path: string): string =>
  JSON.stringify(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path);

export const invalid = (path: string, why: string): SourceError =>
  new SourceError("invalid", `${shown(path)}: ${why}`);

export const tooLarge = (what: string): SourceError => new SourceError("too-large", what);
