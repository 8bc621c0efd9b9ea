import { SourceError } from "../types.ts";

export interface OciReference {
  /** `host` or `host:port`, as it is written. */
  registry: string;
  repository: string;
  tag?: string;
  /** Goes before the tag. */
  digest?: string;
}

const REGISTRY = /^([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?$/;
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${PART}(/${PART})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MAX_REPOSITORY = 255;

/** @throws SourceError for what is no `registry/repository:tag` or `registry/repository@sha256:…` */
export function parseOciReference(text: string): OciReference {
  const bare = text.replace(/^oci:\/\//, "");
  const slash = bare.indexOf("/");
  const registry = bare.slice(0, Math.max(0, slash));
  const [named = "", digest, ...more] = bare.slice(slash + 1).split("@");
  const colon = named.lastIndexOf(":");
  const repository = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (!REGISTRY.test(registry) || !/[.:]|^localhost$/.test(registry)) {
    throw bad("it begins with the registry's host, as registry.example.com/modules/web:1.0.0");
  }
  if (!REPOSITORY.test(repository) || repository.length > MAX_REPOSITORY)
    throw bad("no repository's name in it");
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest)))
    throw bad("its digest is not sha256:…");
  if (tag !== undefined && !TAG.test(tag)) throw bad("its tag is not valid");
  if (tag === undefined && digest === undefined) throw bad("it has neither a tag nor a digest");
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

const bad = (why: string): SourceError => new SourceError("invalid", `not an OCI reference: ${why}`);

const DOCKER_HUB = "docker.io";

/** Docker Hub answers under another name, and its own images have no owner. */
export function apiBase({ registry, repository }: OciReference, isInsecure: boolean): URL {
  const isHub = registry === DOCKER_HUB;
  const host = isHub ? "registry-1.docker.io" : registry;
  const path = isHub && !repository.includes("/") ? `library/${repository}` : repository;
  return new URL(`${isInsecure ? "http" : "https"}://${host}/v2/${path}/`);
}
