import { dirname, join } from "node:path";
import type { PolicyRef } from "../protocol/resources/policy.ts";
import { ConfigError, caOf, listOf, type Read, readOr, type Values } from "./config-values.ts";
import { parseInstallationPolicies } from "./operator/policy/installation.ts";
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
}

/** @throws ConfigError that names the variable, and what it takes */
export function modulesConfig(values: Values, read: Read): ModulesConfig {
  const home = dirname(process.argv[1] ?? "/agent/main.js");
  const ca = caOf(values, "KUBENOVA_SOURCES_CA_FILE", read);
  const platformAccount = values.KUBENOVA_PLATFORM_ACCOUNT;
  const network = {
    allowed: listOf(values.KUBENOVA_SOURCES_ALLOWED_CIDRS),
    refused: listOf(values.KUBENOVA_SOURCES_REFUSED_CIDRS),
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
  };
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
