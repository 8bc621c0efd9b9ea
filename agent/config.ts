import { readFileSync } from "node:fs";
import { type TraceTarget, traceTarget } from "../domain/trace/config.ts";
import { type ModulesConfig, modulesConfig } from "./config-modules.ts";
import { ConfigError, caOf, listOf, type Read, readOr, type Values } from "./config-values.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";

/** What the process is told by its environment; docs/agent.md has the table. */
export interface Config {
  managerUrl: URL;
  /** PEM text of further certificate authorities for the manager. */
  ca?: string;
  joinToken?: string;
  mode: "manage" | "read-only";
  /** The agent's own namespace and pod. */
  namespace: string;
  podName: string;
  /** Absent outside of a pod. */
  podUid?: string;
  /** Where the token and the CA of the ServiceAccount are mounted; the kubelet's place where absent. */
  serviceAccountDir?: string;
  logLevel: LogLevel;
  http: { host: string; port: number };
  /** How services are reached: their ClusterIP (in a pod), or through the API server's proxy. */
  serviceDial: "direct" | "api-server";
  /** Namespaces whose services, pods and logs no stream may reach. */
  closedNamespaces: readonly string[];
  /** 0: never. */
  keyRotationDays: number;
  modules: ModulesConfig;
  /** Where traces go; none are made where absent. */
  traces?: TraceTarget;
}

export { ConfigError };

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const TOKEN = /^jtk_[0-9A-Z]{26}\.[A-Za-z0-9_-]{16,}$/;

/**
 * Variables win over the JSON object in KUBENOVA_CONFIG_FILE, whose fields have the same names.
 * @throws ConfigError that names the variable, and what it takes
 */
export function loadConfig(env: Values, read: Read = (path) => readFileSync(path, "utf8")): Config {
  const values: Values = { ...configFile(env.KUBENOVA_CONFIG_FILE, read), ...env };
  const joinToken = secret(values, "KUBENOVA_JOIN_TOKEN", read);
  const ca = caOf(values, "KUBENOVA_CA_FILE", read);
  const traces = tracesOf(values, read);
  const inPod = Boolean(values.KUBERNETES_SERVICE_HOST);
  if (joinToken !== undefined && !TOKEN.test(joinToken)) {
    throw new ConfigError("KUBENOVA_JOIN_TOKEN: not a join token (jtk_….…); make one with …/join-tokens");
  }
  return {
    managerUrl: managerUrl(values),
    ...(ca === undefined ? {} : { ca }),
    ...(joinToken === undefined ? {} : { joinToken }),
    mode: oneOf(values, "KUBENOVA_MODE", ["manage", "read-only"], "manage"),
    namespace: label(values, "POD_NAMESPACE", "kubenova-system"),
    podName: values.POD_NAME || values.HOSTNAME || `agent-${process.pid}`,
    ...(values.POD_UID ? { podUid: values.POD_UID } : {}),
    ...(values.KUBENOVA_SERVICE_ACCOUNT_DIR
      ? { serviceAccountDir: values.KUBENOVA_SERVICE_ACCOUNT_DIR }
      : {}),
    logLevel: oneOf(values, "KUBENOVA_LOG_LEVEL", LOG_LEVELS, "info"),
    http: {
      host: values.KUBENOVA_HTTP_HOST || "0.0.0.0",
      port: integer(values, "KUBENOVA_HTTP_PORT", { min: 0, max: 65_535, fallback: 8080 }),
    },
    serviceDial: oneOf(
      values,
      "KUBENOVA_SERVICE_DIAL",
      ["direct", "api-server"],
      inPod ? "direct" : "api-server",
    ),
    closedNamespaces: closed(values),
    ...(traces ? { traces } : {}),
    keyRotationDays: integer(values, "KUBENOVA_KEY_ROTATION_DAYS", { min: 0, max: 3_650, fallback: 90 }),
    modules: modulesConfig(values, read),
  };
}

/** @throws ConfigError */
function tracesOf(values: Values, read: Read): TraceTarget | undefined {
  try {
    const headers = secret(values, "OTEL_EXPORTER_OTLP_HEADERS", read);
    return traceTarget(values.OTEL_EXPORTER_OTLP_ENDPOINT, headers);
  } catch (error) {
    throw error instanceof TypeError ? new ConfigError(error.message) : error;
  }
}

function managerUrl(values: Values): URL {
  const text = values.KUBENOVA_MANAGER_URL;
  if (!text) throw new ConfigError("KUBENOVA_MANAGER_URL: required, e.g. https://manager.example.com");
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigError("KUBENOVA_MANAGER_URL: not a URL");
  }
  if (url.username || url.password || url.search || url.hash || url.pathname !== "/") {
    throw new ConfigError("KUBENOVA_MANAGER_URL: scheme, host and port only");
  }
  if (url.protocol === "https:") return url;
  if (url.protocol !== "http:") throw new ConfigError("KUBENOVA_MANAGER_URL: https only");
  if (values.KUBENOVA_ALLOW_INSECURE !== "true") {
    throw new ConfigError("KUBENOVA_MANAGER_URL: http needs KUBENOVA_ALLOW_INSECURE=true");
  }
  if (!isPrivateHost(url.hostname)) {
    throw new ConfigError("KUBENOVA_MANAGER_URL: http is taken for loopback and private addresses only");
  }
  return url;
}

/** Loopback, RFC 1918, link-local and IPv6 ULA, by literal address; names but localhost may resolve anywhere. */
export function isPrivateHost(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  if (/^\[(f[cd]|fe[89ab])/i.test(hostname)) return true;
  const parts = hostname.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part))) return false;
  const [a = 0, b = 0] = parts;
  return (
    a === 127 ||
    a === 10 ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254)
  );
}

function configFile(path: string | undefined, read: Read): Record<string, string> {
  if (!path) return {};
  let value: unknown;
  try {
    value = JSON.parse(readOr("KUBENOVA_CONFIG_FILE", path, read));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError("KUBENOVA_CONFIG_FILE: not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigError("KUBENOVA_CONFIG_FILE: not a JSON object");
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, String(field)]));
}

/** The value itself, or that of the file which NAME_FILE names. An empty file is no value: an optional Secret's key. */
function secret(values: Values, name: string, read: Read): string | undefined {
  const direct = values[name]?.trim();
  if (direct) return direct;
  const path = values[`${name}_FILE`];
  if (!path) return undefined;
  return readOr(`${name}_FILE`, path, read).trim() || undefined;
}

function oneOf<T extends string>(values: Values, name: string, allowed: readonly T[], fallback: T): T {
  const value = values[name] || fallback;
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new ConfigError(`${name}: one of ${allowed.join(", ")}`);
}

function integer(values: Values, name: string, range: { min: number; max: number; fallback: number }) {
  const text = values[name];
  if (!text) return range.fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  throw new ConfigError(`${name}: an integer from ${range.min} to ${range.max}`);
}

function label(values: Values, name: string, fallback: string): string {
  const value = values[name] || fallback;
  if (DNS_LABEL.test(value)) return value;
  throw new ConfigError(`${name}: not the name of a namespace`);
}

function closed(values: Values): string[] {
  const own = label(values, "POD_NAMESPACE", "kubenova-system");
  const text = values.KUBENOVA_CLOSED_NAMESPACES ?? ["kube-system", own].join(",");
  return listOf(text);
}
