import { createHash } from "node:crypto";
import type { Limits } from "../limits.ts";
import { type AddressRanges, NEVER_A_SOURCE } from "../network/addresses.ts";
import { treeDigest } from "../pack.ts";
import type { Question } from "../recall.ts";
import type { NamespaceReader } from "../types.ts";
import { runGit } from "./child.ts";
import { boundHosts } from "./hosts.ts";
import { type GitReference, isCommit, parseGitReference } from "./reference.ts";

export interface GitOptions {
  /** Path of the program that agent/sources/git makes. */
  program: string;
  limits: Limits;
  ranges: AddressRanges;
  /** PEM; trusted for every server. */
  ca?: string | undefined;
  onBytes: (count: number) => void;
}

interface Secret {
  username: string;
  password: string;
  hosts: readonly string[];
  ca: string;
  privateKey: string;
  knownHosts: string;
}

/** @throws SourceError where the reference is none or the pull secret is missing */
export async function gitQuestion(
  { ref, pullSecretRef }: { ref: string; pullSecretRef?: { name: string } | undefined },
  reader: NamespaceReader,
  options: GitOptions,
): Promise<Question> {
  const reference = parseGitReference(ref);
  const data = pullSecretRef && (await reader.secret(pullSecretRef.name));
  const secret = secretOf(reference, pullSecretRef?.name ?? "", data);
  const { url, name, dir } = reference;
  return {
    key: JSON.stringify(["git", url, name, dir, keyOf(secret)]),
    namespace: reader.namespace,
    tenant: reader.tenant,
    lane: "git",
    immutable: isCommit(name),
    async ask(held, signal) {
      const { ranges, limits, program, ca } = options;
      const request = {
        ...{ url, ref: name, dir, held: held?.revision ?? "" },
        ...{ ...secret, ca: [ca, secret.ca].filter(Boolean).join("\n") },
        ...{ allowed: ranges.allowed, refused: [...NEVER_A_SOURCE, ...ranges.refused] },
      };
      const { files, commit, bytes } = await runGit(program, request, limits, signal);
      options.onBytes(bytes);
      return files ? { files, digest: treeDigest(files), revision: commit } : "unchanged";
    },
  };
}

/**
 * What the protocol has a use for; the rest of the Secret goes nowhere, and a password only where the Secret says.
 * @throws SourceError `forbidden`
 */
function secretOf(
  { protocol, url }: GitReference,
  name: string,
  data: ReadonlyMap<string, Uint8Array> | undefined,
): Secret {
  const text = (key: string) => Buffer.from(data?.get(key) ?? "").toString("utf8");
  const isSsh = protocol === "ssh";
  const isBound = !isSsh && text("password").trim() !== "";
  return {
    hosts: isBound ? boundHosts(name, text("host"), url) : [],
    username: isSsh ? "" : text("username").trim(),
    password: text("password").trim(),
    ca: isSsh ? "" : text("ca.crt"),
    privateKey: isSsh ? text("ssh-privatekey") : "",
    knownHosts: isSsh ? text("known_hosts") : "",
  };
}

/** Who fetches without credentials shares what the server gives to anybody. */
function keyOf(secret: Secret): string {
  if (Object.values(secret).every((value) => value.length === 0)) return "anonymous";
  return createHash("sha256").update(JSON.stringify(secret)).digest("hex");
}
