import { type FileTree, SourceError } from "../../sources/types.ts";

/**
 * What the renderer reads of a tree: CUE files and what stands in cue.mod, as text. Others travel with a module for
 * people: its README, its golden graphs.
 * @throws SourceError `invalid` for what is no UTF-8
 */
export function sourceTexts(files: FileTree): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [path, bytes] of files) {
    if (path.endsWith(".cue")) texts[path] = textOf(path, bytes);
  }
  return texts;
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SourceError("invalid", `${path}: not UTF-8`);
  }
}

/** The folder of a package: where the reference itself leads, and the reference's `path` below it. */
export function joinPath(...parts: (string | undefined)[]): string | undefined {
  const joined = parts.filter((part) => part !== undefined && part !== "").join("/");
  return joined === "" ? undefined : joined;
}
