import { z } from "zod";
import { defineRoute, type Method, type Route } from "../../routing/define.ts";
import { proxy, serviceParams } from "./service.ts";

const METHODS: readonly Method[] = ["get", "post", "put", "patch", "delete"];

const routeOf = (method: Method): Route =>
  defineRoute({
    method,
    path: "/api/v1/clusters/{cluster}/proxy/services/{namespace}/{service}/{path}",
    takesRest: true,
    operationId: `${method}Service`,
    tag: "tunnel",
    summary: `${method.toUpperCase()} of a service in the cluster`,
    description:
      "Path, query, body and headers go to the service as they are, but for credentials of this API; X-KubeNova-Forward-Authorization and X-KubeNova-Forward-Cookie become the service's own. With `Upgrade: websocket` (GET) it is a WebSocket. X-KubeNova-Timeout-Seconds (30) bounds the wait for the answer's head, X-KubeNova-Idle-Seconds (14) silence within an answer that is no event stream.",
    action: "cluster:proxy",
    params: serviceParams,
    parameterExamples: { path: "index.html" },
    query: z.object({}),
    answers: { 200: { description: "Whatever the service answers.", mediaType: "*/*" } },
    errors: ["KN-1000", "KN-1500", "KN-1501", "KN-1502", "KN-1503", "KN-1504", "KN-1505", "KN-1603"],
    streams: true,
    handler: proxy,
  });

export const proxyRoutes: readonly Route[] = METHODS.map(routeOf);
