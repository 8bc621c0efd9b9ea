import { createHash } from "node:crypto";
import { canonicalJson } from "../../../domain/canonical/index.ts";
import type { CueRef } from "../../../protocol/resources/cue-ref.ts";
import type { PolicyRef } from "../../../protocol/resources/policy.ts";
import type { Kube } from "../../kube/index.ts";
import type { RenderRequest } from "../../renderer/contract.ts";
import { RenderError } from "../../renderer/errors.ts";
import { type NamespaceReader, SourceError, type Sources } from "../../sources/types.ts";
import { type LoadedPolicy, loadPolicies, type PolicyRequest } from "../policy/resolve.ts";
import { dependenciesOf } from "./dependencies.ts";
import { renderFailure, sourceFailure } from "./failure.ts";
import { joinPath, sourceTexts } from "./files.ts";
import type { About, Rendered, RenderJob } from "./job.ts";
import type { Renderer } from "./ports.ts";
import { type Actor, namespaceReader } from "./reader.ts";

export interface PipelineOptions {
  kube: Kube;
  sources: Sources;
  renderer: Renderer;
  /** Of the installation, which are read in the agent's own namespace. */
  policies: readonly PolicyRef[];
  system: { namespace: string; actor: Actor };
}

/** Everything that a rendering reads, at hand. */
export interface Gathered {
  about: About;
  request: Omit<RenderRequest, "id" | "op">;
}

/** A module and its input to nodes, in two steps, so that equal renderings are done once. Both throw RenderingError. */
export interface Pipeline {
  gather(job: RenderJob, signal: AbortSignal): Promise<Gathered>;
  evaluate(gathered: Gathered, signal: AbortSignal): Promise<Rendered>;
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { kube, sources, renderer, system } = options;

  const gather = async (job: RenderJob, signal: AbortSignal): Promise<Gathered> => {
    const own = namespaceReader(kube, job, job.actor, signal);
    const ours = namespaceReader(kube, { ...system, tenant: system.namespace }, system.actor, signal);
    const by = (reader: NamespaceReader) => (ref: CueRef) => sources.fetch(ref, reader, signal);
    const request = (ref: PolicyRef, reader: NamespaceReader): PolicyRequest => ({ ref, fetch: by(reader) });
    const [source, policies] = await Promise.all([
      by(own)(job.cueRef),
      loadPolicies([
        ...options.policies.map((ref) => request(ref, ours)),
        ...job.policies.map((ref) => request(ref, own)),
      ]),
    ]);
    const module = {
      files: sourceTexts(source.files),
      ...pathField(joinPath(source.path, job.cueRef.path)),
    };
    const needOf = ({ ref, files }: LoadedPolicy, reader: NamespaceReader) => ({
      files: sourceTexts(files),
      pullSecretRef: ref.cueRef.pullSecretRef,
      reader,
    });
    const count = options.policies.length;
    // The installation's first: what they need comes from where the installation says, whatever a tenant needs too.
    const needs = [
      ...policies.slice(0, count).map((policy) => needOf(policy, ours)),
      { files: module.files, pullSecretRef: job.cueRef.pullSecretRef, reader: own },
      ...policies.slice(count).map((policy) => needOf(policy, own)),
    ];
    const { texts, digests } = await dependenciesOf(needs, { sources, renderer, signal });
    const parts = {
      language: "cue" as const,
      input: job.input,
      context: job.context,
      policies: policies.map(({ ref, files, path, resolved }) => ({
        name: ref.name,
        digest: resolved.digest,
        files: sourceTexts(files),
        ...pathField(path),
        ...(ref.severity ? { severity: ref.severity } : {}),
        ...(ref.parameters ? { parameters: ref.parameters } : {}),
      })),
    };
    const read = {
      ...{ ...parts, policies: parts.policies.map(({ files: _, ...rest }) => rest) },
      ...{ module: source.digest, path: module.path ?? "", digests },
    };
    const { files: _, path: __, ...about } = source;
    return {
      about: {
        source: about,
        policies: policies.map(({ resolved }) => resolved),
        renderHash: `sha256:${createHash("sha256").update(canonicalJson(read)).digest("hex")}`,
      },
      request: { ...parts, module, dependencies: texts },
    };
  };

  return {
    gather: (job, signal) => told(signal, () => gather(job, signal)),
    evaluate: ({ request }, signal) =>
      told(signal, async () => {
        const { nodes, violations, languageVersion } = await renderer.render(request, signal);
        const version = languageVersion.replace(`${request.language} `, "");
        return { nodes, violations, languageVersions: { [request.language]: version } };
      }),
  };
}

const pathField = (path: string | undefined): { path?: string } => (path ? { path } : {});

async function told<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SourceError) throw sourceFailure(error);
    throw error instanceof RenderError ? renderFailure(error) : error;
  }
}
