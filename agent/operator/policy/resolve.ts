import type { CueRef } from "../../../protocol/resources/cue-ref.ts";
import type { PolicyRef } from "../../../protocol/resources/policy.ts";
import type { ResolvedPolicy } from "../../../protocol/resources/transform.ts";
import { type Fetched, type FileTree, SourceError } from "../../sources/types.ts";
import { joinPath } from "../rendering/files.ts";
import { languageOf } from "./languages.ts";

/** A policy with its text, and what a status says of it. */
export interface LoadedPolicy {
  ref: PolicyRef;
  files: FileTree;
  /** Folder of the package. */
  path: string | undefined;
  resolved: ResolvedPolicy;
}

/** Who asks for a policy: the source is read with that one's rights. */
export interface PolicyRequest {
  ref: PolicyRef;
  fetch: (cueRef: CueRef) => Promise<Fetched>;
}

/**
 * All policies of a rendering, in their order. One that cannot be had stops the rendering: what it would have denied
 * must not pass.
 * @throws SourceError which names the policy
 */
export const loadPolicies = (requests: readonly PolicyRequest[]): Promise<LoadedPolicy[]> =>
  Promise.all(requests.map(load));

async function load({ ref, fetch }: PolicyRequest): Promise<LoadedPolicy> {
  try {
    const { files, digest, path } = await fetch(ref.cueRef);
    const { name: language, enforcement } = languageOf(ref.language, files);
    const resolved = { name: ref.name, language, digest, enforcement };
    return { ref, files, path: joinPath(path, ref.cueRef.path), resolved };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new SourceError(error.kind, `policy ${ref.name}: ${error.message}`, { cause: error });
  }
}
