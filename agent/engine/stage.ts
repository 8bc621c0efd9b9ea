import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import type { Identity } from "../kube/index.ts";
import { auditIds } from "./audit.ts";
import type { LiveGraph } from "./context.ts";
import type { Finalizer } from "./finalizer.ts";
import type { Host } from "./host.ts";
import { type Held, unsee } from "./inventory.ts";
import type { RecordOptions } from "./record.ts";
import { createRemoval, type Removal, type RemovalOptions } from "./removal.ts";
import type { Reporter } from "./reporter.ts";
import type { Outlook } from "./snapshot.ts";
import { identityOf } from "./start-run.ts";
import type { Snapshot } from "./status.ts";

/**
 * What a runner does with one generation of its graph, until the next one takes its place: refuse it (here), carry it
 * out (running.ts) or remove it (deleting.ts).
 */
export interface Stage {
  /** Looks at these nodes, and at whatever is on its way out. */
  step(ids: Iterable<string>): void;
  outlook(): Outlook;
  snapshot(): Snapshot;
  /** It sent something, or has something to say. */
  acted(): boolean;
  /** What waits for a pause after a failure is tried now. */
  retryNow(): void;
  /** This is what is told of it now. */
  told?(status: ResourceGraphStatus): void;
  release(): void;
}

/** What the stages of one graph share. */
export interface StageContext {
  host: Host;
  /** The version that the stage began with. */
  live: LiveGraph;
  /** The graph as it is now. */
  newest: () => LiveGraph;
  recording: RecordOptions;
  finalizer: Finalizer;
  reporter: Reporter;
}

export const refused = (ctx: StageContext, message: string): Stage =>
  resting(ctx, { phase: "Failed", reason: "Refused", message });

/** Its nodes are on their way: whether anything of what is there may go is not known. */
export const pending = (ctx: StageContext): Stage =>
  resting(ctx, { phase: "Pending", message: "its nodes are being stored" });

function resting(
  { live }: StageContext,
  outcome: Pick<Snapshot, "phase" | "message"> & { reason?: string },
): Stage {
  const counts = { total: 0, ready: 0, failed: 0 };
  const generation = live.metadata.generation ?? 0;
  return {
    step() {},
    outlook: () => ({ phase: outcome.phase, isQuiet: false }),
    snapshot: () => ({ generation, counts, nodes: [], ...outcome }),
    acted: () => outcome.phase === "Failed",
    retryNow() {},
    release() {},
  };
}

/** Takes objects away: of a whole graph in the reverse of its order, or what has left it. */
export function startRemoval(
  { host, live, reporter }: StageContext,
  entries: readonly Held[],
  as: Identity | undefined,
  how: Pick<RemovalOptions, "graph" | "prune">,
): Removal {
  const identity = identityOf(live);
  const removal = createRemoval({
    host,
    identity,
    auditId: auditIds(live),
    entries,
    ...how,
    ...(as ? { as } : {}),
    onGone(held, how, why) {
      // What came after it may name the object again.
      if (!removal.isReleased) host.inventory.delete(held.key);
      else if (how === "deleted") unsee(host.inventory, held);
      if (how === "deleted") reporter.pruned(held.ref);
      if (why !== undefined) reporter.letGo(held.ref, why);
      host.ctx.log.debug("removed from the graph", { graph: identity.key, object: held.key, how });
      host.changed();
    },
  });
  return removal;
}
