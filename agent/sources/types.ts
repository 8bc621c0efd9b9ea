import type { CueRef } from "../../protocol/resources/cue-ref.ts";

/** Files by path relative to the tree's root, `/` between folders, no `..`, no links. */
export type FileTree = ReadonlyMap<string, Uint8Array>;

export interface Fetched {
  files: FileTree;
  /** Folder of the package, where the reference itself names one (embedded); a CueRef's own `path` is below it. */
  path?: string;
  /** `sha256:…` over the content: of the manifest (oci), or over the files (others). Equal content, equal digest. */
  digest: string;
  /** What a tag or a branch stood for: the manifest's digest, or the commit. */
  revision?: string;
  /** When the source was last asked, by the agent's clock (RFC 3339); later than the content's first arrival. */
  fetchedAt: string;
  /** The source could not be reached now: this is what the cache holds for the reference. */
  stale?: { since: string; reason: string };
}

/** What a source may read in the cluster: of one namespace, as that namespace's identity (decisions.md 1). */
export interface NamespaceReader {
  /** Fetches of one namespace wait for each other, and hold up no other's. */
  readonly namespace: string;
  /** On whose share of the cache it counts what is fetched: the namespace itself, where it is no tenant's. */
  readonly tenant: string;
  /** Values are decoded bytes. @throws SourceError `not-found`, `forbidden` */
  secret(name: string): Promise<ReadonlyMap<string, Uint8Array>>;
  configMap(name: string): Promise<ReadonlyMap<string, Uint8Array>>;
}

export interface Sources {
  /** @throws SourceError */
  fetch(ref: CueRef, reader: NamespaceReader, signal: AbortSignal): Promise<Fetched>;
  /** One pinned dependency, from the registry that the configuration names for it. @throws SourceError */
  dependency(
    pin: { path: string; version: string },
    pullSecretRef: CueRef["pullSecretRef"],
    reader: NamespaceReader,
    signal: AbortSignal,
  ): Promise<Fetched>;
}

export const SOURCE_ERROR_KINDS = [
  "not-found",
  "forbidden",
  "unauthorized",
  "unreachable",
  "digest-mismatch",
  "too-large",
  "invalid",
  "timeout",
] as const;
export type SourceErrorKind = (typeof SOURCE_ERROR_KINDS)[number];

/** Its message names the source and never a credential. */
export class SourceError extends Error {
  readonly kind: SourceErrorKind;
  constructor(kind: SourceErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SourceError";
    this.kind = kind;
  }
}
