import type { Clock } from "../kube/clock.ts";
import type { Metrics } from "../metrics.ts";
import type { EndReason } from "./ends.ts";
import { RenderError } from "./errors.ts";
import type { Pool } from "./pool.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface RenderMetrics {
  /** Counts a render by its result, and how long it took with its wait. */
  measured<T>(clock: Clock, work: () => Promise<T>): Promise<T>;
  ended(reason: EndReason): void;
  watch(pool: Pick<Pool, "waiting" | "residentBytes">): void;
}

export function createRenderMetrics(metrics: Metrics): RenderMetrics {
  const total = metrics.counter("kubenova_render_total", "Renders by result: ok, or the error's code");
  const seconds = metrics.histogram(
    "kubenova_render_seconds",
    "Duration of a render, its wait included",
    SECONDS,
  );
  const ends = metrics.counter(
    "kubenova_render_process_ends_total",
    "Processes that ended in a render, by reason",
  );
  return {
    async measured(clock, work) {
      const began = clock.monotonic();
      let result = "ok";
      try {
        return await work();
      } catch (error) {
        result = error instanceof RenderError ? error.code : "aborted";
        throw error;
      } finally {
        total.inc({ result });
        seconds.observe((clock.monotonic() - began) / 1_000, { result });
      }
    },
    ended: (reason) => ends.inc({ reason }),
    watch(pool) {
      metrics.gaugeOf("kubenova_render_waiting", "Renders that wait for a process", () => pool.waiting);
      metrics.gaugeOf("kubenova_render_resident_bytes", "Memory of the processes", () =>
        pool.residentBytes(),
      );
    },
  };
}
