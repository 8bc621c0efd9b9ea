import { isKind, type Kube, type LiveObject } from "../kube/index.ts";
import { dial } from "./dial.ts";
import { StreamError } from "./errors.ts";
import { serveHttp } from "./http.ts";
import { segment } from "./logs.ts";
import { endToEnd } from "./pipe.ts";
import type { Headers, Stream } from "./types.ts";
import type { ServiceTarget, Upstream } from "./upstream.ts";
import { serveWebSocket } from "./websocket.ts";

interface ServiceView {
  spec?: {
    type?: string;
    clusterIP?: string;
    ports?: { name?: string; port: number; protocol?: string }[];
  };
}

export interface ServiceOptions {
  kube: Kube;
  readOnly: boolean;
  serviceDial: "direct" | "api-server";
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * A request to a Service of the cluster, HTTP or WebSocket. What must hold: only a Service that exists is reached, at a
 * port that it names, at its own address: no ExternalName, no address of the caller's choosing.
 */
export async function serveService(
  stream: Stream,
  target: ServiceTarget,
  options: ServiceOptions,
): Promise<void> {
  if (options.readOnly && (target.websocket || !SAFE_METHODS.has(target.method.toUpperCase()))) {
    throw new StreamError("KN-1502", "cluster is read-only: GET requests alone");
  }
  const { address, port } = await resolve(target, options.kube, stream.signal);
  const upstream =
    options.serviceDial === "direct"
      ? { ...directTo(target, address, port), socket: await dial(address, port, stream.signal) }
      : await throughApiServer(target, port, options.kube);
  if (target.websocket) return serveWebSocket(stream, target, upstream);
  return serveHttp(stream, target, upstream);
}

async function resolve(target: ServiceTarget, kube: Kube, signal: AbortSignal) {
  const { namespace, name } = target;
  const ref = { apiVersion: "v1", kind: "Service", namespace: segment(namespace), name: segment(name) };
  const service = await kube.get(ref, { signal }).catch((error: unknown) => {
    if (isKind(error, "notFound")) throw new StreamError("KN-1502", `no service ${namespace}/${name}`);
    throw error;
  });
  return addressOf(service, target.port);
}

/** @throws StreamError where the Service has no address of its own, or not this port */
export function addressOf(service: LiveObject, port: string): { address: string; port: number } {
  const { type, clusterIP, ports = [] } = (service as ServiceView).spec ?? {};
  const name = `${service.metadata.namespace}/${service.metadata.name}`;
  if (type === "ExternalName")
    throw new StreamError("KN-1502", `service ${name} points outside of the cluster`);
  if (!clusterIP || clusterIP === "None") {
    throw new StreamError("KN-1502", `service ${name} has no address of its own (headless)`);
  }
  const found = ports.find(
    (each) => (each.protocol ?? "TCP") === "TCP" && (String(each.port) === port || each.name === port),
  );
  if (!found) throw new StreamError("KN-1502", `service ${name} has no TCP port ${port.slice(0, 20)}`);
  return { address: clusterIP, port: found.port };
}

function directTo(target: ServiceTarget, address: string, port: number): Upstream {
  const host = address.includes(":") ? `[${address}]` : address;
  const url = new URL(`${target.scheme}://${host}:${port}`);
  setPath(url, target.path);
  const inside = `${target.name}.${target.namespace}.svc`;
  const given = endToEnd(target.headers).filter(([name]) => name.toLowerCase() !== "host");
  const headers: Headers = [
    ["host", port === defaultPort(target.scheme) ? inside : `${inside}:${port}`],
    ...given,
  ];
  // A service inside has whatever certificate it has; the API server's own proxy does not check it either.
  return { url, headers, tls: { rejectUnauthorized: false, servername: inside } };
}

async function throughApiServer(target: ServiceTarget, port: number, kube: Kube): Promise<Upstream> {
  const { namespace, name, scheme } = target;
  const base = `/api/v1/namespaces/${namespace}/services/${scheme}:${name}:${port}/proxy`;
  const { url, headers: own, tls } = await kube.connectTarget(base);
  setPath(url, url.pathname + target.path);
  const reserved = new Set(["host", ...Object.keys(own).map((key) => key.toLowerCase())]);
  const passed = endToEnd(target.headers).filter(([key]) => {
    const lower = key.toLowerCase();
    return !reserved.has(lower) && lower !== "authorization" && !lower.startsWith("impersonate-");
  });
  const credentials = Object.entries(own).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((each): [string, string] => [key, each]),
  );
  return { url, headers: [...passed, ...credentials], tls };
}

/** Path and query as the client gave them; dots that would climb out of the service's own paths are refused. */
function setPath(url: URL, given: string): void {
  const path = given.startsWith("/") ? given : `/${given}`;
  const [pathname = "/", ...query] = path.split("?");
  if (/(^|\/|\\|%2f|%5c)(\.|%2e){1,2}($|\/|\\|%2f|%5c)/i.test(pathname)) {
    throw new StreamError("KN-1502", "the path has dot segments");
  }
  url.pathname = pathname;
  url.search = query.length > 0 ? `?${query.join("?")}` : "";
}

const defaultPort = (scheme: "http" | "https"): number => (scheme === "https" ? 443 : 80);
