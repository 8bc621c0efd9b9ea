/** The base of the agent's image where none can be pulled: Debian's C and C++ libraries, and nothing that runs. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../cluster/index.ts";
import { cacheFolder } from "../cluster/paths.ts";
import { run } from "../cluster/run.ts";

const SUITE = "bookworm";
const PACKAGES = ["libc6", "libstdc++6"];
/** Libraries with their licences: no package data base, no host name or resolver of the machine that built it. */
const KEPT = ["./lib", "./lib64", "./usr/lib/*/libstdc++.so.6*", "./usr/share/doc/*/copyright"];
const FILES = {
  "etc/passwd": "root:x:0:0:root:/nonexistent:/nonexistent\nagent:x:65532:65532::/nonexistent:/nonexistent\n",
  "etc/group": "root:x:0:\nagent:x:65532:\n",
  "etc/nsswitch.conf": "hosts: files dns\n",
};

/** Path of an OCI archive, made once on this machine with mmdebstrap; the same packages give the same bytes. */
export async function baseImage(): Promise<string> {
  const recipe = JSON.stringify([SUITE, PACKAGES, KEPT, FILES, process.arch]);
  const key = createHash("sha256").update(recipe).digest("hex").slice(0, 16);
  const folder = join(cacheFolder(), "agent-base");
  const archive = join(folder, `${key}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(folder, { recursive: true });
  const fresh = `${archive}.${process.pid}`;
  await makeBase(fresh);
  renameSync(fresh, archive);
  return archive;
}

export async function makeBase(archive: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "kubenova-base-"));
  try {
    const packages = join(scratch, "packages.tar");
    const rootfs = join(scratch, "rootfs");
    const options = ["--quiet", "--variant=extract", `--include=${PACKAGES.join(",")}`, "--format=tar"];
    await run("mmdebstrap", [...options, SUITE, packages], {
      env: { ...process.env, SOURCE_DATE_EPOCH: "0", PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    mkdirSync(join(rootfs, "etc"), { recursive: true });
    await run("tar", ["-xf", packages, "-C", rootfs, "--no-same-owner", "--wildcards", ...KEPT]);
    for (const [name, text] of Object.entries(FILES))
      writeFileSync(join(rootfs, name), text, { mode: 0o644 });
    buildImage({ rootfs, tar: archive, name: "localhost/kubenova-base:1", config: {} });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
