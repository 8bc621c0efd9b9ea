import { GROUP } from "../../protocol/resources/common.ts";
import { errorText } from "../log.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import { isStored, type Stored } from "./inventory.ts";
import type { Graph } from "./model.ts";

/** Conflicts with other writers of the graph pass. */
const RETRY_MS = 500;

/**
 * What a graph is about to make, and how it may go, stands in its stored status before the first of it is sent:
 * inventory.ts, rule 2, for graphs that a person writes. Such a one may be written again while no process of ours runs, and then its earlier
 * specification, with what was made of it, would be on no record. A graph of a controller's needs no such write: its specs
 * come through `Engine.apply` alone, which secures what the old one named before it stores a new one.
 */
export interface Record {
  /** All that the graph names is on record, or need not be. */
  isComplete(live: LiveGraph): boolean;
  store(): void;
}

export interface RecordOptions {
  ctx: EngineContext;
  /** What the stored status names. */
  stored: () => Stored;
  /** Writes the status with all that the graph names. */
  flush: () => Promise<void>;
  /** It may be gone on with after so long. */
  again: (ms: number) => void;
}

/** The record of one generation. */
export function createRecord(graph: Graph, { ctx, stored, flush, again }: RecordOptions): Record {
  let complete = false;
  let busy = false;
  return {
    isComplete(live) {
      // What a graph is rolled back to stands in no specification.
      complete ||= (isControlled(live) && live.spec.rollbackTo === undefined) || isStored(stored(), graph);
      return complete;
    },
    store() {
      if (busy) return;
      busy = true;
      flush()
        .then(
          () => again(0),
          (error: unknown) => {
            if (!ctx.signal.aborted) ctx.log.info("inventory not recorded yet", { error: errorText(error) });
            again(RETRY_MS);
          },
        )
        .finally(() => {
          busy = false;
        });
    },
  };
}

/** A controller of ours writes it, and nobody else. */
export const isControlled = ({ metadata }: LiveGraph): boolean =>
  metadata.ownerReferences?.some(
    ({ apiVersion, controller }) => controller === true && apiVersion.startsWith(`${GROUP}/`),
  ) === true;
