import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { requestHeaders } from "../../../domain/proxy/headers.ts";
import type { StreamTarget } from "../../../protocol/tunnel/frames.ts";
import type { Call } from "../../routing/call.ts";
import { clusterParam } from "../clusters/schema.ts";
import { DEADLINE_MS, IDLE_MS, openStream, secondsOf, streamCluster } from "./open.ts";

const labelSchema = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

export const serviceParams = z.object({
  cluster: clusterParam,
  namespace: labelSchema.meta({ examples: ["acme-shop-staging"] }),
  service: z
    .string()
    .max(90)
    .regex(/^((http|https):)?[a-z]([-a-z0-9]{0,61}[a-z0-9])?:([a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?)$/)
    .meta({
      description: "`name:port` or `https:name:port`; the port by name or number.",
      examples: ["web:80"],
    }),
});
type ServiceParams = z.infer<typeof serviceParams>;

const MAX_PATH = 8192;

/**
 * What a page of a service may do in a browser: run, but with an origin of its own. It shares the API's host, and must
 * have nothing of the API's powers.
 */
const SANDBOX =
  "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts; frame-ancestors 'none'";

/** Passes a request on to a service in the cluster, HTTP or WebSocket, and its answer back. */
export async function proxy(call: Call<ServiceParams>): Promise<Response> {
  const { request } = call;
  const cluster = await streamCluster(call);
  const { prefix, path } = split(request.url);
  const target = targetOf(call, path, prefix);
  const upgrade = target.websocket !== undefined;
  const response = await openStream(call, cluster.id, {
    open: {
      target,
      deadlineMs: secondsOf(request, "x-kubenova-timeout-seconds", DEADLINE_MS),
      idleMs: secondsOf(request, "x-kubenova-idle-seconds", IDLE_MS),
      correlationId: call.correlationId,
    },
    body: request.body,
    upgrade,
  });
  if (response.status === 101) return response;
  const headers = new Headers(response.headers);
  headers.set("Content-Security-Policy", SANDBOX);
  const location = headers.get("location");
  if (location?.startsWith("/") && !location.startsWith("//")) headers.set("location", prefix + location);
  return new Response(response.body, { status: response.status, headers });
}

/** The path behind the service's name, as it was sent: decoding it would change what some services are asked. */
function split(url: string): { prefix: string; path: string } {
  const rest = url.slice(url.indexOf("/", url.indexOf("//") + 2));
  const match = /^(\/api\/v1\/clusters\/[^/]+\/proxy\/services\/[^/]+\/[^/?#]+)([^#]*)/.exec(rest);
  const path = match?.[2] ?? "";
  if (path.length > MAX_PATH)
    throw new KubeNovaError("KN-1000", `The path is longer than ${MAX_PATH} characters.`);
  return { prefix: match?.[1] ?? "", path: path.startsWith("/") ? path : `/${path}` };
}

function targetOf(
  { request, params, correlationId }: Call<ServiceParams>,
  path: string,
  prefix: string,
): Extract<StreamTarget, { kind: "service" }> {
  const parts = params.service.split(":");
  const [name = "", port = ""] = parts.slice(-2);
  const { host, protocol } = new URL(request.url);
  const headers = requestHeaders([...request.headers]);
  if (!headers) throw new KubeNovaError("KN-1000", "The headers are too many or too large to be passed on.");
  const target = {
    kind: "service" as const,
    namespace: params.namespace,
    name,
    port,
    scheme: parts.length === 3 && parts[0] === "https" ? ("https" as const) : ("http" as const),
    method: request.method,
    path,
    headers: [
      ...headers.filter(([header]) => header !== "x-correlation-id"),
      ["x-forwarded-host", host] as [string, string],
      ["x-forwarded-proto", protocol.slice(0, -1)] as [string, string],
      ["x-forwarded-prefix", prefix] as [string, string],
      ["x-correlation-id", correlationId] as [string, string],
    ],
  };
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return target;
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((each) => each.trim());
  return { ...target, websocket: offered.filter((each) => each !== "").slice(0, 16) };
}
