import { z } from "zod";
import { defineRoute, type Route } from "../../routing/define.ts";
import { clusterParams } from "../clusters/schema.ts";
import { streamCluster } from "../proxy/open.ts";
import { releaseLogs } from "./release.ts";
import { listPods, logQuery, namespaceSchema, podListSchema, podLog, podSchema } from "./schema.ts";

export const STREAM_ERRORS = [
  "KN-1500",
  "KN-1501",
  "KN-1502",
  "KN-1503",
  "KN-1504",
  "KN-1505",
  "KN-1603",
] as const;

const getLogs = defineRoute({
  method: "get",
  path: "/api/v1/clusters/{cluster}/logs",
  operationId: "getPodLog",
  tag: "tunnel",
  summary: "The log of a pod",
  description:
    'Plain text; with `follow=true`, or by Accept, NDJSON (`{"line":"…"}`) or server-sent events. Empty lines and comments in between are signs of life.',
  action: "cluster:proxy",
  params: clusterParams,
  query: z.strictObject({ namespace: namespaceSchema, pod: podSchema, ...logQuery }),
  answers: { 200: { description: "The log.", mediaType: "text/plain" } },
  errors: STREAM_ERRORS,
  streams: true,
  async handler(call) {
    const cluster = await streamCluster(call);
    return podLog(call, cluster.id, call.query);
  },
});

const getPods = defineRoute({
  method: "get",
  path: "/api/v1/clusters/{cluster}/pods",
  operationId: "listPods",
  tag: "tunnel",
  summary: "Pods of a namespace",
  action: "cluster:proxy",
  params: clusterParams,
  query: z.strictObject({
    namespace: namespaceSchema,
    selector: z
      .string()
      .max(1024)
      .optional()
      .meta({ description: "A label selector.", examples: ["kubenova.io/app=web"] }),
  }),
  answers: {
    200: {
      description: "At most 500.",
      schema: podListSchema,
      example: {
        items: [
          {
            name: "web-7d9c5b6f4-x2x8z",
            namespace: "acme-shop-staging",
            phase: "Running",
            ready: true,
            containers: ["web"],
            startedAt: "2026-11-21T10:00:00Z",
          },
        ],
      },
    },
  },
  errors: STREAM_ERRORS,
  streams: true,
  async handler(call) {
    const cluster = await streamCluster(call);
    const { namespace, selector = "" } = call.query;
    return { status: 200, body: { items: await listPods(call, cluster.id, { namespace, selector }) } };
  },
});

export const logRoutes: readonly Route[] = [getLogs, getPods, releaseLogs];
