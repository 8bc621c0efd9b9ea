import { FINALIZER } from "../../protocol/resources/common.ts";
import { isKind, refOf } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { auditIds } from "./audit.ts";
import type { EngineContext, LiveGraph } from "./context.ts";

/** Conflicts with other writers of the graph pass. */
const RETRY_MS = 500;

/** Puts our finalizer on a graph before anything is applied, and takes it off when everything has gone. */
export interface Finalizer {
  readonly isOn: boolean;
  add(): Promise<void>;
  remove(): Promise<void>;
}

export interface FinalizerOptions {
  ctx: EngineContext;
  live: () => LiveGraph;
  took: (answer: LiveGraph) => void;
  /** It may be tried again after so long. */
  again: (ms: number) => void;
}

export function createFinalizer({ ctx, live, took, again }: FinalizerOptions): Finalizer {
  let busy = false;

  const change = async (finalizers: (now: readonly string[]) => string[]): Promise<void> => {
    if (busy) return;
    busy = true;
    const { uid, resourceVersion, finalizers: now = [] } = live().metadata;
    const patch = { metadata: { uid, resourceVersion, finalizers: finalizers(now) } };
    try {
      took(
        (await ctx.kube.patch(refOf(live()), patch, {
          signal: ctx.signal,
          auditId: auditIds(live()),
        })) as LiveGraph,
      );
      again(0);
    } catch (error) {
      if (!isKind(error, "notFound") && !ctx.signal.aborted) {
        ctx.log.info("finalizer not changed yet", { graph: live().metadata.name, error: errorText(error) });
        again(RETRY_MS);
      }
    } finally {
      busy = false;
    }
  };

  return {
    get isOn() {
      return live().metadata.finalizers?.includes(FINALIZER) === true;
    },
    add: () => change((now) => [...now, FINALIZER]),
    remove: () => change((now) => now.filter((one) => one !== FINALIZER)),
  };
}
