import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TreeLimits } from "../limits.ts";
import { createTree, type TreeBuilder } from "../tree.ts";
import { type FileTree, SourceError } from "../types.ts";

/** Beside the packages in their repository, and no part of them. */
const LEFT_OUT = "testdata";

/**
 * What ships with the agent is one CUE module, a package a folder: `name` is such a folder, and the answer the whole
 * module's CUE files, for packages share others.
 */
export async function embeddedFiles(
  folder: string,
  name: string,
  limits: TreeLimits,
): Promise<{ files: FileTree; path: string }> {
  const tree = createTree(limits);
  await walk(folder, "", tree);
  const files = tree.build();
  const packages = new Set(
    [...files.keys()].map((path) => path.slice(0, Math.max(0, path.lastIndexOf("/")))),
  );
  packages.delete("");
  packages.delete("cue.mod");
  if (packages.has(name)) return { files, path: name };
  const known = [...packages].sort().join(", ");
  throw new SourceError("not-found", `no such embedded module; there are: ${known || "none"}`);
}

async function walk(folder: string, prefix: string, tree: TreeBuilder): Promise<void> {
  for (const name of (await readdir(folder)).sort()) {
    const path = prefix + name;
    const about = await lstat(join(folder, name));
    if (about.isDirectory()) {
      if (name !== LEFT_OUT) await walk(join(folder, name), `${path}/`, tree);
    } else if (!about.isFile()) {
      throw new SourceError("invalid", `${path}: neither a file nor a folder`);
    } else if (name.endsWith(".cue")) {
      tree.admit(path, about.size)(await readFile(join(folder, name)));
    }
  }
}
