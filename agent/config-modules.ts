import { isIP } from "node:net";
import { dirname, join } from "node:path";
import type { PolicyRef } from "../protocol/resources/policy.ts";
import { ConfigError, caOf, listOf, type Read, readOr, type Values } from "./config-values.ts";
import { parseInstallationPolicies } from "./operator/policy/installation.ts";
import { cacheBytesOf, DEFAULT_LIMITS, type Limits, parseLimits } from "./sources/limits.ts";
import { parseRegistryMap } from "./sources/modules/registry-map.ts";
import { type AddressRanges, addressPolicy } from "./sources/network/addresses.ts";

/** Where modules come from and what renders them; docs/agent.md has the table. */
export interface ModulesConfig {
  /** Path of the renderer's binary. */
  renderer: string;
  /** Path of the program that fetches from git. */
  gitFetch: string;
  /** The CUE module that ships with the agent. */
  embeddedDir: string;
  /** Fetched modules, by digest; may be lost. */
  cacheDir: string;
  /** Of the installation. */
  policies: readonly PolicyRef[];
  /** ServiceAccount with wide rights in the agent's namespace. */
  platformAccount?: string;
  /** As CUE_REGISTRY says it. */
  cueRegistry: string;
  insecureRegistries: readonly string[];
  /** PEM of further certificate authorities of registries and git servers. */
  ca?: string;
  network: AddressRanges;
  limits: Partial<Limits>;
}

/** Of tenants, and two of one: what waits for a slow registry is a few sockets, and each holds one module in memory. */
const MAX_FETCHES = 8;
/** As the chart has it. */
const CACHE_SIZE = "320Mi";

/** @throws ConfigError that names the variable, and what it takes */
export function modulesConfig(values: Values, read: Read): ModulesConfig {
  const home = dirname(process.argv[1] ?? "/agent/main.js");
  const ca = caOf(values, "KUBENOVA_SOURCES_CA_FILE", read);
  const platformAccount = values.KUBENOVA_PLATFORM_ACCOUNT;
  const network = {
    allowed: listOf(values.KUBENOVA_SOURCES_ALLOWED_CIDRS),
    refused: [...listOf(values.KUBENOVA_SOURCES_REFUSED_CIDRS), ...apiServer(values)],
  };
  const cueRegistry = values.KUBENOVA_CUE_REGISTRY ?? "";
  checked("KUBENOVA_CUE_REGISTRY", () => parseRegistryMap(cueRegistry));
  checked("KUBENOVA_SOURCES_ALLOWED_CIDRS, KUBENOVA_SOURCES_REFUSED_CIDRS", () => addressPolicy(network));
  return {
    renderer: values.KUBENOVA_RENDERER || join(home, "renderer"),
    gitFetch: values.KUBENOVA_GIT_FETCH || join(home, "git-fetch"),
    embeddedDir: values.KUBENOVA_EMBEDDED_DIR || join(home, "platform"),
    cacheDir: values.KUBENOVA_CACHE_DIR || "/var/cache/kubenova",
    policies: policies(values, read),
    ...(platformAccount ? { platformAccount } : {}),
    cueRegistry,
    insecureRegistries: listOf(values.KUBENOVA_INSECURE_REGISTRIES),
    ...(ca === undefined ? {} : { ca }),
    network,
    limits: sourceLimits(values),
  };
}

/** No source is the cluster's own API. */
function apiServer({ KUBERNETES_SERVICE_HOST: host = "" }: Values): string[] {
  return isIP(host) === 0 ? [] : [host];
}

/** The limits that are given, and of the disk what is left for the cache. */
function sourceLimits(values: Values): Partial<Limits> {
  const name = "KUBENOVA_SOURCES_LIMITS";
  const given = checked(name, () => parseLimits(values[name] || "{}"));
  const limits = { ...DEFAULT_LIMITS, maxFetches: MAX_FETCHES, ...given };
  const maxCacheBytes = cacheBytesOf(sizeOf(values.KUBENOVA_CACHE_SIZE || CACHE_SIZE), limits);
  if (maxCacheBytes <= 0) {
    throw new ConfigError(
      `KUBENOVA_CACHE_SIZE: too small by ${1 - maxCacheBytes} bytes for maxFetches × maxArchiveBytes`,
    );
  }
  return { maxCacheBytes, maxFetches: MAX_FETCHES, ...given };
}

function sizeOf(text: string): number {
  const [, digits, unit] = /^(\d+)(Mi|Gi)$/.exec(text) ?? [];
  if (!digits) throw new ConfigError("KUBENOVA_CACHE_SIZE: a size in Mi or Gi, as 320Mi");
  return Number(digits) * 1024 ** (unit === "Gi" ? 3 : 2);
}

function policies(values: Values, read: Read): PolicyRef[] {
  const name = "KUBENOVA_POLICIES_FILE";
  const path = values[name];
  if (!path) return [];
  return checked(name, () => parseInstallationPolicies(readOr(name, path, read)));
}

function checked<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
