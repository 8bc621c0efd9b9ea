import { objectNameSchema } from "../../../protocol/resources/common.ts";
import type { TreeLimits } from "../limits.ts";
import { createTree } from "../tree.ts";
import { type FileTree, type NamespaceReader, SourceError } from "../types.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** Read anew each time, as the namespace's identity: what it may not read any more, no cache answers. */
export async function configMapFiles(
  name: string,
  reader: NamespaceReader,
  limits: TreeLimits,
): Promise<FileTree> {
  if (!objectNameSchema.safeParse(name).success || !SUBDOMAIN.test(name)) {
    throw new SourceError("invalid", "not the name of a ConfigMap");
  }
  const tree = createTree(limits);
  for (const [key, data] of await reader.configMap(name)) tree.add(key, data);
  return nonEmpty(tree.build());
}

function nonEmpty(files: FileTree): FileTree {
  if (files.size === 0) throw new SourceError("invalid", "the ConfigMap has no keys");
  return files;
}
