/** The agent's image, built on this machine from the sources as they are. */

import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { cacheFolder } from "../cluster/paths.ts";
import { isInstalled, run } from "../cluster/run.ts";
import { ROOT } from "../manager/bundle.ts";
import { baseImage } from "./base-image.ts";
import { AGENT_PROGRAMS, type AgentProgram, agentProgram } from "./go-binary.ts";

export interface AgentImage {
  /** OCI archive, for importImage or pushImage of test/cluster. */
  tar: string;
  /** Full name, whose tag changes with the content: a node never runs an older image under the same name. */
  name: string;
}

const KEPT_MS = 3 * 24 * 60 * 60 * 1000;

/** Answers the image of the agent's sources; built where this machine has none of exactly these inputs. */
export async function buildAgentImage(): Promise<AgentImage> {
  const scratch = mkdtempSync(join(tmpdir(), "kubenova-agent-"));
  try {
    const context = await agentContext(scratch);
    const builder = await chooseBuilder();
    const tag = hash([...contextParts(context), builder.key]);
    const tar = join(cacheFolder(), "agent-image", `${tag}.tar`);
    if (!existsSync(tar)) {
      mkdirSync(join(cacheFolder(), "agent-image"), { recursive: true });
      const fresh = `${tar}.${process.pid}`;
      await builder.build(context, fresh);
      renameSync(fresh, tar);
      forgetOld(dirname(tar));
    }
    return { tar, name: `docker.io/kubenova/agent:${tag}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A build context of its own, with the bundle made from the sources: what others build meanwhile does not matter. */
export async function agentContext(scratch: string): Promise<string> {
  const context = join(scratch, "context");
  mkdirSync(join(context, "dist"), { recursive: true });
  for (const file of ["Dockerfile", ".dockerignore"]) cpSync(join(ROOT, "agent", file), join(context, file));
  const node = join(ROOT, "node_modules/.bin/node");
  await run(node, [join(ROOT, "agent/build.ts"), join(context, "dist")], { cwd: join(ROOT, "agent") });
  for (const name of Object.keys(AGENT_PROGRAMS) as AgentProgram[]) {
    cpSync(await agentProgram(name), join(context, "dist", name));
  }
  return context;
}

/**
 * Builds agent/Dockerfile without privileges, network or a store that outlives the build. Node is the one that npm
 * installed by the lock file.
 */
export async function buildWithBuildah(at: { context: string; base: string; tar: string }): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "kubenova-buildah-"));
  try {
    const node = join(scratch, "node/usr/local/bin");
    mkdirSync(node, { recursive: true });
    cpSync(join(ROOT, "node_modules/node/bin/node"), join(node, "node"));
    const store = ["--root", join(scratch, "store"), "--runroot", join(scratch, "run")];
    const buildah = (...args: string[]): Promise<string> =>
      run("buildah", [...store, ...args], {
        env: { ...process.env, STORAGE_DRIVER: "vfs", BUILDAH_ISOLATION: "chroot" },
      });
    const inputs = ["--build-arg", `BASE_IMAGE=oci-archive:${at.base}`];
    inputs.push("--build-context", `node=${join(scratch, "node")}`);
    await buildah(
      "build",
      "--timestamp",
      "0",
      "--identity-label=false",
      ...inputs,
      "-t",
      "agent",
      at.context,
    );
    await buildah("push", "--quiet", "localhost/agent", `oci-archive:${at.tar}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Each state of the sources leaves an archive of 50 MB: those of earlier days go. */
function forgetOld(folder: string): void {
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    if (Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { force: true });
  }
}

/** Names and contents of what goes into the image, source maps left out as .dockerignore does. */
function contextParts(context: string): (string | Buffer)[] {
  const entries = readdirSync(join(context, "dist"), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(".map"));
  const built = paths.map((entry) => relative(join(context, "dist"), join(entry.parentPath, entry.name)));
  const files = ["Dockerfile", ...built.sort().map((file) => `dist/${file}`)];
  return files.flatMap((file) => [file, readFileSync(join(context, file))]);
}

interface Builder {
  /** What the image depends on beside the context. */
  key: string;
  build(context: string, tar: string): Promise<void>;
}

/** buildah, which needs no pull; else Docker, with the Dockerfile's own bases. */
async function chooseBuilder(): Promise<Builder> {
  if ((await isInstalled("buildah")) && (await isInstalled("mmdebstrap"))) {
    const base = await baseImage();
    const build = (context: string, tar: string) => buildWithBuildah({ context, base, tar });
    return { key: `${basename(base)} ${nodeVersion()}`, build };
  }
  if (!(await isInstalled("docker"))) {
    throw new Error("to build the agent's image, install buildah and mmdebstrap (make setup), or Docker");
  }
  return { key: "docker", build: buildWithDocker };
}

/** `docker save` writes an OCI layout since Docker 25. */
async function buildWithDocker(context: string, tar: string): Promise<void> {
  const name = `kubenova-agent-build:${process.pid}`;
  await run("docker", ["build", "--build-arg", "SOURCE_DATE_EPOCH=0", "--tag", name, context]);
  await run("docker", ["save", "--output", tar, name]);
  await run("docker", ["image", "rm", name]);
}

const nodeVersion = (): string =>
  (JSON.parse(readFileSync(join(ROOT, "node_modules/node/package.json"), "utf8")) as { version: string })
    .version;

function hash(parts: (string | Buffer)[]): string {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(String(part.length)).update("\0").update(part);
  return sum.digest("hex").slice(0, 16);
}
