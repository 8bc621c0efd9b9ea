/** The one binary of the local Kubernetes: built once, kept in the cache under a hash of its sources. */

import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.ts";
import { cacheFolder } from "./paths.ts";
import { run } from "./run.ts";
import { findGo } from "./toolchain.ts";

export const KUBERNETES_VERSION = "v1.36.3";

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), "kube");
const BUILD_SECONDS = 90 * 60;

/** Without these the server says that it is v0.0.0. */
const [, MAJOR, MINOR] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION) ?? [];
const VERSION_PACKAGE = "k8s.io/component-base/version";
const LINKER_FLAGS = [
  "-s -w",
  `-X ${VERSION_PACKAGE}.gitVersion=${KUBERNETES_VERSION}`,
  `-X ${VERSION_PACKAGE}.gitMajor=${MAJOR}`,
  `-X ${VERSION_PACKAGE}.gitMinor=${MINOR}`,
].join(" ");
const BUILD = ["build", "-trimpath", "-buildvcs=false", `-ldflags=${LINKER_FLAGS}`];

export type Binaries = {
  /** The multi-call binary: `kube PROGRAM ARGUMENTS`. */
  kube: string;
  kubectl: string;
  helm: string;
  /** The program of the pause image; static. */
  pause: string;
};

/** Answers the binaries, building them first where these sources were not built on this machine. */
export async function ensureBinaries(): Promise<Binaries> {
  const folder = join(cacheFolder(), "kube", sourceHash());
  const binaries = {
    kube: join(folder, "kube"),
    kubectl: join(folder, "kubectl"),
    helm: join(folder, "helm"),
    pause: join(folder, "pause"),
  };
  if (existsSync(folder)) return binaries;
  const waiting = (pid: number) =>
    process.stderr.write(`cluster: waiting for process ${pid}, which is building Kubernetes\n`);
  await withLock(`${folder}.lock`, BUILD_SECONDS, waiting, async () => {
    if (!existsSync(folder)) await build(folder);
  });
  return binaries;
}

/** Everything that the result depends on: the sources and how they are built. */
function sourceHash(): string {
  const hash = createHash("sha256").update(BUILD.join(" "));
  const files = globSync("**/*.go", { cwd: SOURCE }).filter((file) => !file.endsWith("_test.go"));
  for (const file of ["go.mod", "go.sum", ...files.sort()]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(SOURCE, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** The folder appears at once and whole, so that nobody runs half a binary. */
async function build(folder: string): Promise<void> {
  const go = await findGo(join(SOURCE, "go.mod"));
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const began = Date.now();
  const elapsed = () => `${Math.round((Date.now() - began) / 1000)} s`;
  process.stderr.write(
    `cluster: building Kubernetes ${KUBERNETES_VERSION} from source, once on this machine ` +
      "(first time 5 to 20 minutes on 2 cores, then from Go's cache under a minute)\n",
  );
  const ticker = setInterval(() => process.stderr.write(`cluster: building, ${elapsed()}\n`), 15_000);
  try {
    const env = { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly" };
    const options = { cwd: SOURCE, env, showProgress: true };
    await run(go, [...BUILD, "-o", join(fresh, "kube"), "."], options);
    await run(go, [...BUILD, "-o", join(fresh, "pause"), "./pause"], options);
    for (const name of ["kubectl", "helm"]) symlinkSync("kube", join(fresh, name));
    renameSync(fresh, folder);
  } finally {
    clearInterval(ticker);
    rmSync(fresh, { recursive: true, force: true });
  }
  process.stderr.write(`cluster: built in ${elapsed()}\n`);
}
