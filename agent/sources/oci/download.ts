import { createHash, randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { readTar } from "../archive/tar.ts";
import { readZip } from "../archive/zip.ts";
import type { Limits } from "../limits.ts";
import { bodyOf } from "../network/body.ts";
import { createTree } from "../tree.ts";
import { type FileTree, SourceError } from "../types.ts";
import type { Layer } from "./artifact.ts";
import { mismatch, type Repository } from "./client.ts";

export interface DownloadOptions {
  repository: Repository;
  limits: Limits;
  /** Folder for blobs on their way. */
  scratch: string;
  onBytes: (count: number) => void;
  signal: AbortSignal;
}

/** The files of the layers, the later over the earlier; no byte is unpacked before its blob's digest is known to be right. */
export async function downloadLayers(layers: readonly Layer[], options: DownloadOptions): Promise<FileTree> {
  const { limits } = options;
  const files = new Map<string, Uint8Array>();
  for (const layer of layers) {
    for (const [path, data] of await downloadLayer(layer, options)) files.set(path, data);
  }
  // Together they keep to the limits of one, and a file of one is no folder of another.
  const tree = createTree(limits);
  for (const [path, data] of files) tree.add(path, data);
  return tree.build();
}

async function downloadLayer(layer: Layer, options: DownloadOptions): Promise<FileTree> {
  const { limits, signal } = options;
  const path = join(options.scratch, randomBytes(8).toString("hex"));
  try {
    await saveBlob(layer, path, options);
    const tree = createTree(limits);
    if (layer.format === "zip") await readZip(path, tree, limits, signal);
    else await readTar({ path, isPacked: layer.format === "tar+gzip" }, tree, limits, signal);
    return tree.build();
  } finally {
    await rm(path, { force: true });
  }
}

async function saveBlob(layer: Layer, path: string, options: DownloadOptions): Promise<void> {
  const { message, url } = await options.repository.blob(layer.digest, options.signal);
  const hash = createHash("sha256");
  let size = 0;
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of bodyOf(message, url, layer.bytes)) {
      size += chunk.length;
      hash.update(chunk);
      options.onBytes(chunk.length);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  if (size !== layer.bytes) {
    throw new SourceError("digest-mismatch", `a blob of ${size} bytes instead of ${layer.bytes}`);
  }
  const digest = `sha256:${hash.digest("hex")}`;
  if (digest !== layer.digest) throw mismatch("blob", layer.digest, digest);
}
