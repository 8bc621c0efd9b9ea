import type { Drift } from "../../protocol/resources/graph.ts";
import type { EngineContext } from "./context.ts";
import type { Inventory } from "./inventory.ts";
import type { Reporter } from "./reporter.ts";

/** What the steps of a run may ask of the graph's runner. */
export interface Host {
  readonly ctx: EngineContext;
  readonly inventory: Inventory;
  /** What was changed by others of late, the newest first. */
  drifts: readonly Drift[];
  readonly reporter: Reporter;
  /** Looks at it again, soon. */
  poke(id: string): void;
  pokeAfter(id: string, ms: number): void;
  /**
   * Runs work on an object: one at a time an object (across runs), a few at a time a graph. False: not now; the id is
   * poked when its turn may have come. The work must not reject.
   */
  perform(key: string, id: string, work: () => Promise<void>): boolean;
  /** Work on this object is under way; the id is poked when it has ended. */
  isBusy(key: string, id: string): boolean;
  changed(): void;
  /** The stored status says that this run of a Create has completed. */
  isRecorded(key: string, run: string): boolean;
}
