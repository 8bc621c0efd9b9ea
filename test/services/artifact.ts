/** Archives and artifacts as registries hold them, whole or wrong in any way that a test wants. */

import { createHash } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";
import { type Header, pack } from "tar-stream";

export interface Blob {
  mediaType: string;
  digest: string;
  data: Buffer;
}

export interface Artifact {
  manifest: Blob;
  blobs: Blob[];
}

const sha256 = (data: Uint8Array): string => `sha256:${createHash("sha256").update(data).digest("hex")}`;

export const blob = (mediaType: string, data: Uint8Array): Blob => ({
  mediaType,
  digest: sha256(data),
  data: Buffer.from(data),
});

export const descriptor = ({ mediaType, digest, data }: Blob) => ({ mediaType, digest, size: data.length });

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

export function artifact(config: Blob, layers: Blob[]): Artifact {
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config),
    layers: layers.map(descriptor),
  };
  return { manifest: blob(OCI_MANIFEST, Buffer.from(JSON.stringify(document))), blobs: [config, ...layers] };
}

/** As `cue mod publish` makes them: the module's zip, and its cue.mod/module.cue beside it. */
export function cueModule(files: Record<string, string>): Artifact {
  const config = blob("application/vnd.cue.module.v1+json", Buffer.from("{}"));
  const zip = blob("application/zip", zipOf(Object.entries(files).map(([name, text]) => ({ name, text }))));
  const file = blob("application/vnd.cue.modulefile.v1", Buffer.from(files["cue.mod/module.cue"] ?? ""));
  return artifact(config, [zip, file]);
}

export const FLUX_LAYER = "application/vnd.cncf.flux.content.v1.tar+gzip";
export const FLUX_CONFIG = "application/vnd.cncf.flux.config.v1+json";

export const tarArtifact = (layers: { mediaType: string; data: Uint8Array }[]): Artifact =>
  artifact(
    blob(FLUX_CONFIG, Buffer.from("{}")),
    layers.map(({ mediaType, data }) => blob(mediaType, data)),
  );

export type TarEntry = Partial<Header> & { name: string; text?: string };

export async function tarOf(entries: TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { text, ...header } of entries) archive.entry(header, text ?? "");
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface ZipEntry {
  name: string;
  text: string;
  /** Unix mode; a symbolic link is 0o120777. */
  mode?: number;
  /** What the entry says of its size, where that is a lie. */
  claims?: number;
}

/** A zip of deflated entries. */
export function zipOf(entries: ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, text, mode = 0o100_644, claims } of entries) {
    const [path, data] = [Buffer.from(name), Buffer.from(text)];
    const packed = deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claims ?? data.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, path, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.from("PK\u0001\u0002"), Buffer.from([20, 3]), common, rest, path);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from("PK\u0005\u0006"), end]);
}
