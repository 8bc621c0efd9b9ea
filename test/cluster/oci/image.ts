/** OCI images as OCI layout archives: made here, or read from what another builder made. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { readTarFiles, type TarEntry, writeTar } from "./tar.ts";

/** The `config` object of an OCI image, as far as apps need it. */
export type ImageConfig = {
  Entrypoint?: string[];
  Cmd?: string[];
  Env?: string[];
  User?: string;
  WorkingDir?: string;
  ExposedPorts?: Record<string, Record<string, never>>;
  Labels?: Record<string, string>;
};

export type Blob = { digest: string; mediaType: string; data: Buffer };

export type Image = {
  /** `sha256:…` of the manifest: what the image is pulled by. */
  digest: string;
  manifest: Blob;
  /** Configuration and layers. */
  blobs: Blob[];
};

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/** Go's names of this machine's processor. */
const ARCHITECTURE = process.arch === "x64" ? "amd64" : process.arch;

/** An image of these layers (uncompressed tars, the lowest first). The same input, the same digest. */
export function makeImage(layers: Buffer[], config: ImageConfig): Image {
  const layerBlobs = layers.map((data) => blob(LAYER, data));
  const configBlob = json(CONFIG, {
    architecture: ARCHITECTURE,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: layerBlobs.map((layer) => layer.digest) },
  });
  const manifest = json(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor(configBlob),
    layers: layerBlobs.map(descriptor),
  });
  return { digest: manifest.digest, manifest, blobs: [configBlob, ...layerBlobs] };
}

/**
 * Writes the image as an OCI layout archive. `name` in full (registry.example/app:1 or
 * docker.io/org/app:1) is what containerd calls it after an import.
 */
export function writeImage(file: string, image: Image, name: string): void {
  const annotations = { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name };
  const index = { schemaVersion: 2, manifests: [{ ...descriptor(image.manifest), annotations }] };
  const text = (path: string, value: unknown): TarEntry => entry(path, Buffer.from(JSON.stringify(value)));
  const unique = new Map([image.manifest, ...image.blobs].map((b) => [b.digest, b.data]));
  const blobs = [...unique].map(([digest, data]) => entry(`blobs/${digest.replace(":", "/")}`, data));
  const layout = text("oci-layout", { imageLayoutVersion: "1.0.0" });
  writeFileSync(file, writeTar([layout, text("index.json", index), ...blobs]));
}

/** Reads an OCI layout archive that holds one image: ours, or `buildah push … oci-archive:FILE`. */
export function readImage(file: string): Image {
  const files = readTarFiles(readFileSync(file));
  const parsed = <T>(data: Buffer) => JSON.parse(data.toString("utf8")) as T;
  const take = (reference: Descriptor): Blob => {
    const data = files.get(`blobs/${reference.digest.replace(":", "/")}`);
    if (!data) throw new Error(`${file}: ${reference.digest} is named but not there`);
    return { digest: reference.digest, mediaType: reference.mediaType, data };
  };
  const index = files.get("index.json");
  if (!index) throw new Error(`${file} is not an OCI layout: it has no index.json`);
  const [first, ...others] = parsed<{ manifests: Descriptor[] }>(index).manifests;
  if (!first || others.length > 0) throw new Error(`${file} must hold exactly one image`);
  const manifest = take(first);
  const { config, layers } = parsed<{ config: Descriptor; layers: Descriptor[] }>(manifest.data);
  return { digest: manifest.digest, manifest, blobs: [config, ...layers].map(take) };
}

type Descriptor = { mediaType: string; digest: string; size: number };

const descriptor = ({ mediaType, digest, data }: Blob): Descriptor => ({
  mediaType,
  digest,
  size: data.length,
});

const json = (mediaType: string, value: unknown) => blob(mediaType, Buffer.from(JSON.stringify(value)));

function blob(mediaType: string, data: Buffer): Blob {
  return { digest: `sha256:${createHash("sha256").update(data).digest("hex")}`, mediaType, data };
}

const entry = (name: string, data: Buffer): TarEntry => ({ name, type: "file", mode: 0o644, data });
