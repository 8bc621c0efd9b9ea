import type { TreeLimits } from "../limits.ts";
import { createTree } from "../tree.ts";
import type { FileTree } from "../types.ts";

/** The name that errors show. */
export const INLINE_FILE = "inline.cue";

export function inlineFiles(text: string, limits: TreeLimits): FileTree {
  const tree = createTree(limits);
  tree.add(INLINE_FILE, Buffer.from(text));
  return tree.build();
}
