import type { CueRef } from "../../protocol/resources/cue-ref.ts";
import type { Clock } from "../kube/clock.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { onceOpened } from "./cache/once.ts";
import { type GitOptions, gitQuestion } from "./git/git.ts";
import { labelOf } from "./label.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { configMapFiles } from "./local/configmap.ts";
import { embeddedFiles } from "./local/embedded.ts";
import { inlineFiles } from "./local/inline.ts";
import { parseRegistryMap } from "./modules/registry-map.ts";
import { moduleLabel, named } from "./named.ts";
import { type AddressRanges, addressPolicy, normalRanges } from "./network/addresses.ts";
import { type OciOptions, ociQuestion } from "./oci/oci.ts";
import { parseOciReference } from "./oci/reference.ts";
import { treeDigest } from "./pack.ts";
import { createRecall, type Question } from "./recall.ts";
import { bytesOf, sourceMetrics } from "./source-metrics.ts";
import type { Fetched, FileTree, NamespaceReader, Sources } from "./types.ts";

export interface SourcesOptions {
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Made where it is missing; nobody else's. What it has no room for is fetched each time. */
  cacheDir: string;
  /** The CUE module that ships with the agent: platform/ in the repository. */
  embeddedDir: string;
  /** Over DEFAULT_LIMITS. */
  limits?: Partial<Limits>;
  /** The program that agent/sources/git makes. */
  gitProgram: string;
  network?: Partial<AddressRanges>;
  registries?: RegistryOptions;
}

export interface RegistryOptions {
  /** Which registries have the modules that others depend on, as CUE_REGISTRY says it. Default: CUE's central one. */
  cueRegistry?: string;
  /** `host` or `host:port` of registries without TLS. */
  insecure?: readonly string[];
  /** PEM of further certificate authorities, of every registry and git server. */
  ca?: string;
}

/** Turns a reference into a question for a source that is far away. @throws SourceError for a reference that is none */
type Asker = (ref: CueRef, reader: NamespaceReader) => Promise<Question>;

/**
 * Makes no connection and touches no disk before the first fetch.
 * @throws Error for a registry map or an IP range that is none
 */
export function createSources(options: SourcesOptions): Sources {
  const { clock, log, metrics } = options;
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const measure = sourceMetrics(metrics, clock);
  const cache = onceOpened({
    ...{ folder: options.cacheDir, maxBytes: limits.maxCacheBytes },
    ...{ now: () => clock.now(), log, metrics },
  });
  const recall = createRecall({ cache, clock, log, limits });
  const here = (files: FileTree): Fetched => ({
    files,
    digest: treeDigest(files),
    fetchedAt: new Date(clock.now()).toISOString(),
  });
  const { cueRegistry = "", insecure = [], ca } = options.registries ?? {};
  const modules = parseRegistryMap(cueRegistry);
  const ranges = normalRanges({ allowed: [], refused: [], ...options.network });
  const policy = addressPolicy(ranges);
  const oci: OciOptions = {
    limits,
    policy,
    ca,
    insecure: new Set(insecure),
    onBytes: bytesOf(metrics, "oci"),
  };
  const git: GitOptions = {
    ...{ program: options.gitProgram, limits, ranges, ca },
    onBytes: bytesOf(metrics, "git"),
  };
  const far: Record<"oci" | "git", Asker> = {
    git: (ref, reader) => gitQuestion(ref, reader, git),
    oci: ({ ref, pullSecretRef }, reader) =>
      ociQuestion({ reference: parseOciReference(ref), isFixed: false, pullSecretRef, reader }, oci),
  };

  const fetch = async (ref: CueRef, reader: NamespaceReader, signal: AbortSignal) => {
    switch (ref.type) {
      case "inline":
        return { fetched: here(inlineFiles(ref.ref, limits)), outcome: "fetched" as const };
      case "configmap":
        return { fetched: here(await configMapFiles(ref.ref, reader, limits)), outcome: "fetched" as const };
      case "embedded": {
        const { files, path } = await embeddedFiles(options.embeddedDir, ref.ref, limits);
        return { fetched: { ...here(files), path }, outcome: "fetched" as const };
      }
      default:
        return recall(await far[ref.type](ref, reader), signal);
    }
  };
  return {
    fetch: (ref, reader, signal) =>
      measure(ref.type, () => named(labelOf(ref), signal, () => fetch(ref, reader, signal))),
    dependency: (pin, pullSecretRef, reader, signal) =>
      measure("module", () =>
        named(moduleLabel(pin), signal, async () => {
          const { registry, repository, tag, isInsecure } = modules.locate(pin);
          const reference = { registry, repository, tag };
          return recall(
            // A version of a CUE module never changes: so its pin needs no checksum.
            await ociQuestion(
              {
                reference,
                isFixed: true,
                isInsecure: isInsecure || oci.insecure.has(registry),
                pullSecretRef,
                reader,
              },
              oci,
            ),
            signal,
          );
        }),
      ),
  };
}
