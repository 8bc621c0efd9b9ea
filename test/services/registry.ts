/** A real registry for tests (Debian's docker-registry): open or with a password or tokens, with TLS or without. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endWithParent, freePort, killTree } from "../lib/process.ts";
import { until } from "../lib/until.ts";
import type { Certificate } from "../manager/certificate.ts";
import type { Artifact, Blob } from "./artifact.ts";

const PROGRAM = "/usr/bin/docker-registry";

export interface RegistryOptions {
  tls?: Certificate;
  /** Basic: USERNAME and PASSWORD. Token: of a server that `realm` names and whose certificate `bundle` is. */
  auth?: "basic" | { realm: string; service: string; issuer: string; bundle: string };
}

export interface Registry {
  /** `127.0.0.1:port` */
  host: string;
  /** Puts it there, past all authentication. `reference` is a tag, or a digest. */
  push(repository: string, reference: string, artifact: Artifact): Promise<void>;
  /** Ends the registry; what it holds is there again after `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

export const USERNAME = "puller";
export const PASSWORD = "open-sesame";
/** bcrypt of PASSWORD. */
const PASSWORD_HASH = "$2b$04$FEW3TyOpJXPISB4YUTjdq.oTs4.qPkXY1xR9/VuxFvk3vLWREwfDu";

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), "registry-"));
  const [host, backdoor] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  writeFileSync(join(folder, "htpasswd"), `${USERNAME}:${PASSWORD_HASH}\n`);
  writeFileSync(join(folder, "front.json"), JSON.stringify(configuration(folder, host, options)));
  // The same storage without authentication, for pushes.
  writeFileSync(join(folder, "back.json"), JSON.stringify(configuration(folder, backdoor, {})));
  let children: ChildProcess[] = [];

  const stop = async () => {
    await Promise.all(children.map((child) => killTree(child, "SIGTERM")));
    children = [];
  };
  const start = async () => {
    for (const file of ["front.json", "back.json"]) {
      const child = spawn(PROGRAM, ["serve", join(folder, file)], { stdio: "ignore" });
      endWithParent(child);
      children.push(child);
    }
    await until(`registry ${backdoor}`, async () => (await fetch(`http://${backdoor}/v2/`)).ok);
    const front = `${options.tls ? "https" : "http"}://${host}/v2/`;
    await until(`registry ${host}`, () => answers(front));
  };
  await start();
  return {
    host,
    push: (repository, reference, artifact) =>
      push(`http://${backdoor}/v2/${repository}`, reference, artifact),
    start,
    stop,
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, address: string, { tls, auth }: RegistryOptions) {
  const htpasswd = { realm: "registry", path: join(folder, "htpasswd") };
  const token = typeof auth === "object" ? tokenAuth(auth) : {};
  return {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "data") } },
    http: { addr: address, ...(tls ? { tls: { certificate: tls.cert, key: tls.key } } : {}) },
    ...(auth ? { auth: auth === "basic" ? { htpasswd } : token } : {}),
  };
}

const tokenAuth = (auth: { realm: string; service: string; issuer: string; bundle: string }) => ({
  token: { realm: auth.realm, service: auth.service, issuer: auth.issuer, rootcertbundle: auth.bundle },
});

/** Any answer, and an untrusted certificate is one. */
async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return code !== undefined && /CERT|SIGNED|VERIFY/.test(code);
  }
}

async function push(base: string, reference: string, { manifest, blobs }: Artifact): Promise<void> {
  for (const blob of blobs) await upload(base, blob);
  await put(`${base}/manifests/${reference}`, manifest.mediaType, manifest.data);
}

async function upload(base: string, { digest, data }: Blob): Promise<void> {
  const opened = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
  await opened.arrayBuffer();
  const location = new URL(opened.headers.get("location") ?? "", base);
  location.searchParams.set("digest", digest);
  await put(location.href, "application/octet-stream", data);
}

async function put(url: string, type: string, data: Buffer): Promise<void> {
  const answer = await fetch(url, {
    method: "PUT",
    headers: { "content-type": type },
    body: new Uint8Array(data),
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`PUT ${url}: ${answer.status} ${text.slice(0, 300)}`);
}
