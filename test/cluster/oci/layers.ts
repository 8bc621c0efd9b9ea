/** Layers: what an image's file system is made of. */

import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TarEntry, writeTar } from "./tar.ts";

/** One executable at the root: enough for a static program. */
export function programLayer(name: string, file: string): Buffer {
  return writeTar([{ name, type: "file", mode: 0o755, data: readFileSync(file) }]);
}

/** A folder's content, in the order of names. Owners and times are left out; modes are kept. */
export function folderLayer(root: string): Buffer {
  return writeTar(walk(root, ""));
}

function walk(root: string, below: string): TarEntry[] {
  const entries = readdirSync(join(root, below), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((found): TarEntry[] => {
      const name = below ? `${below}/${found.name}` : found.name;
      const path = join(root, name);
      if (found.isSymbolicLink()) return [{ name, type: "link", target: readlinkSync(path) }];
      const { mode } = statSync(path);
      if (found.isDirectory()) return [{ name, type: "folder", mode }, ...walk(root, name)];
      // Device nodes, sockets and pipes have no place in an app's image.
      return found.isFile() ? [{ name, type: "file", mode, data: readFileSync(path) }] : [];
    });
}
