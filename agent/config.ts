import { readFileSync } from "node:fs";
import { type TraceTarget, traceTarget } from "../domain/trace/config.ts";
import { type AuditConfig, auditConfig } from "./config-audit.ts";
import { managerUrl } from "./config-manager-url.ts";
import { type ModulesConfig, modulesConfig } from "./config-modules.ts";
import {
  ConfigError,
  caOf,
  configFile,
  integer,
  listOf,
  oneOf,
  type Read,
  secret,
  type Values,
} from "./config-values.ts";
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
  /** Where the API server's audit events come in; they do not where absent. */
  audit?: AuditConfig;
  /** Where traces go; none are made where absent. */
  traces?: TraceTarget;
}

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
  const audit = auditConfig(values, read);
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
    ...(audit ? { audit } : {}),
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
