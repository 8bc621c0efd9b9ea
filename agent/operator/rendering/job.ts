import type { CueRef } from "../../../protocol/resources/cue-ref.ts";
import type { GraphNode } from "../../../protocol/resources/graph.ts";
import type { PolicyRef } from "../../../protocol/resources/policy.ts";
import type { ResolvedPolicy } from "../../../protocol/resources/transform.ts";
import type { Violation } from "../../../protocol/resources/violation.ts";
import type { Fetched } from "../../sources/types.ts";
import type { Actor } from "./reader.ts";

/** What is to be rendered, whatever resource asks for it. */
export interface RenderJob {
  namespace: string;
  /** Whoever shares it shares room: the tenant, or the namespace of nobody. */
  tenant: string;
  actor: Actor;
  cueRef: CueRef;
  input: Readonly<Record<string, unknown>>;
  /** The resource's own; the installation's come first whatever stands here. */
  policies: readonly PolicyRef[];
  /** What the module is told of its place. */
  context: { name: string; namespace: string } & Readonly<Record<string, string>>;
}

/** What a module was when it was fetched. */
export type Source = Pick<Fetched, "digest" | "revision" | "fetchedAt" | "stale">;

export interface Rendered {
  nodes: GraphNode[];
  violations: Violation[];
  /** By language, such as `cue: v0.17.1`. */
  languageVersions: Record<string, string>;
}

/** Everything of a rendering but its nodes. */
export interface About {
  source: Source;
  policies: ResolvedPolicy[];
  /** Over all that the rendering read: equal hashes, equal graphs. */
  renderHash: string;
}
