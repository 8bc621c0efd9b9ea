import { z } from "zod";
import { PROMETHEUS_CONTENT_TYPE } from "../../../domain/metrics/prometheus.ts";
import { flushCounts } from "../../middleware/metrics.ts";
import { defineRoute } from "../../routing/define.ts";
import { metricsStub } from "../../store/database.ts";

export const metrics = defineRoute({
  method: "get",
  path: "/metrics",
  operationId: "getMetrics",
  tag: "health",
  summary: "Metrics for Prometheus",
  description:
    "Figures of the whole manager, not of one isolate: held in an object, and read from the database.",
  action: "metrics:get",
  answers: {
    200: {
      description: "Prometheus text format 0.0.4.",
      mediaType: "text/plain",
      schema: z.string(),
      example:
        '# HELP kubenova_events_total Events committed, by type.\n# TYPE kubenova_events_total counter\nkubenova_events_total{type="evt.app.created"} 3\n',
    },
  },
  async handler(call) {
    await call.identify();
    call.authorize({});
    await flushCounts(call.env, call.now);
    const text = await metricsStub(call.env).render();
    return new Response(text, {
      headers: { "Content-Type": PROMETHEUS_CONTENT_TYPE, "Cache-Control": "no-store" },
    });
  },
});
