import { monitorEventLoopDelay } from "node:perf_hooks";
import type { RequestInfo } from "../kube/index.ts";
import type { Metrics } from "../metrics.ts";
import { VERSION } from "../version.ts";

/** Memory, CPU and the event loop under the names that Prometheus dashboards expect. */
export function registerProcess(metrics: Metrics): { loopLagMs: () => number; stop: () => void } {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let lagMs = 0;
  const timer = setInterval(() => {
    lagMs = delay.max / 1e6;
    delay.reset();
  }, 5_000);
  timer.unref();
  metrics.gaugeOf("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  metrics.gaugeOf("nodejs_heap_size_used_bytes", "Heap in use", () => process.memoryUsage().heapUsed);
  metrics.gaugeOf("process_cpu_seconds_total", "User and system CPU time", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gaugeOf("nodejs_eventloop_lag_max_seconds", "Longest delay of the last 5 s", () => lagMs / 1_000);
  metrics.gauge("kubenova_agent_build_info", "1, labelled with the version").set(1, { version: VERSION });
  return {
    loopLagMs: () => lagMs,
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Requests to the API server, for `onRequest` of the client. */
export function requestMetrics(metrics: Metrics): (info: RequestInfo) => void {
  const total = metrics.counter("kubenova_agent_api_requests_total", "Requests to the API server");
  const seconds = metrics.histogram(
    "kubenova_agent_api_request_seconds",
    "Their duration; watches apart",
    BUCKETS,
  );
  return ({ verb, resource, status, seconds: took, dryRun }) => {
    total.inc({ verb, resource, code: String(status), dry_run: String(dryRun) });
    if (verb !== "watch" && verb !== "logs") seconds.observe(took, { verb });
  };
}
