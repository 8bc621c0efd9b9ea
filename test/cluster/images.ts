/** Images for test apps, made on this machine: nothing is pulled from outside. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTar } from "./containerd.ts";
import { importIntoKind } from "./kind.ts";
import { type ImageConfig, makeImage, readImage, writeImage } from "./oci/image.ts";
import { folderLayer, programLayer } from "./oci/layers.ts";
import { push } from "./oci/push.ts";
import { run } from "./run.ts";
import { readState } from "./state.ts";
import { findGo } from "./toolchain.ts";

export type { ImageConfig } from "./oci/image.ts";

/** The demo's web app; see apps/web/main.go for its paths. */
export const WEB_APP = fileURLToPath(new URL("apps/web", import.meta.url));

type Built = { tar: string; digest: string };

/**
 * Compiles a Go program (a folder with go.mod and package main) and packs it alone into an image that
 * runs as user 65532. `variables` are set at link time: `{ "main.version": "2" }`.
 */
export async function buildGoImage(options: {
  folder: string;
  tar: string;
  name: string;
  variables?: Record<string, string>;
  config?: ImageConfig;
}): Promise<Built> {
  const { folder, tar, name, variables = {}, config = {} } = options;
  const scratch = mkdtempSync(join(tmpdir(), "kubenova-image-"));
  try {
    const program = join(scratch, "app");
    const settings = Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`);
    const flags = ["-trimpath", "-buildvcs=false", `-ldflags=${["-s -w", ...settings].join(" ")}`];
    const env = { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local" };
    const go = await findGo(join(folder, "go.mod"));
    await run(go, ["build", ...flags, "-o", program, "."], { cwd: folder, env });
    const image = makeImage([programLayer("app", program)], {
      Entrypoint: ["/app"],
      User: "65532",
      ...config,
    });
    writeImage(tar, image, name);
    return { tar, digest: image.digest };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Packs a folder as an image's file system. The same content and settings give the same digest. */
export function buildImage(options: {
  rootfs: string;
  tar: string;
  name: string;
  config: ImageConfig;
}): Built {
  const image = makeImage([folderLayer(options.rootfs)], options.config);
  writeImage(options.tar, image, options.name);
  return { tar: options.tar, digest: image.digest };
}

/**
 * Puts the one image of an OCI layout archive on the cluster's node. A `name` (in full:
 * docker.io/org/app:1) replaces the one it has; archives of other builders often have none.
 */
export async function importImage(cluster: { name: string }, tar: string, name?: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "kubenova-image-"));
  try {
    const named = name === undefined ? tar : join(scratch, "image.tar");
    if (name !== undefined) writeImage(named, readImage(tar), name);
    const state = readState(cluster.name);
    await (state ? importTar(state, named) : importIntoKind(cluster.name, named));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Pushes the one image of an archive to HOST:PORT, as `web:1`; answers the reference to pull it by. */
export async function pushImage(
  registry: string,
  tar: string,
  reference: string,
): Promise<{ image: string; digest: string }> {
  const image = readImage(tar);
  await push(registry, image, reference);
  return { image: `${registry}/${reference}`, digest: image.digest };
}
