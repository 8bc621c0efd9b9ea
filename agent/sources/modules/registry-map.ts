import { SourceError } from "../types.ts";

/** Where a module lies: CUE's rules (`cue help registryconfig`), in the simple syntax of CUE_REGISTRY. */
export interface ModuleLocation {
  registry: string;
  repository: string;
  tag: string;
  isInsecure: boolean;
}

export interface RegistryMap {
  /**
   * A path comes without its major version, which stands in the version.
   * @throws SourceError `not-found` where no registry is for this module, `invalid` for what is no module
   */
  locate(pin: { path: string; version: string }): ModuleLocation;
}

interface Target {
  /** Undefined for `none`. */
  registry?: string;
  path: string;
  isInsecure: boolean;
}

export const CENTRAL_REGISTRY = "registry.cue.works";
const ELEMENT = "[A-Za-z0-9]([-_.~A-Za-z0-9]*[A-Za-z0-9])?";
const MODULE = new RegExp(`^${ELEMENT}(/${ELEMENT})*$`);
const VERSION = /^v(0|[1-9]\d*)\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const HOST = /^([A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/;
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/;

/**
 * `[prefix=]registry[/path][+secure|+insecure]`, separated by commas; `none` is a registry that has nothing. Where no
 * entry is without a prefix, the rest comes from the central registry.
 * @throws Error that says which entry is wrong
 */
export function parseRegistryMap(text: string): RegistryMap {
  const prefixes = new Map<string, Target>();
  let rest: Target | undefined;
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const equals = entry.indexOf("=");
    const target = parseTarget(entry.slice(equals + 1), entry);
    if (equals < 0) {
      if (rest) throw new Error(`two registries without a prefix: ${entry}`);
      rest = target;
    } else {
      const prefix = entry.slice(0, equals);
      if (prefixes.has(prefix)) throw new Error(`two registries for one prefix: ${entry}`);
      prefixes.set(prefix, target);
    }
  }
  const fallback = rest ?? { registry: CENTRAL_REGISTRY, path: "", isInsecure: false };
  return {
    locate({ path, version }) {
      if (!MODULE.test(path) || !VERSION.test(version))
        throw new SourceError("invalid", "not a module and its version (example.com/lib, v1.2.3)");
      const { registry, path: above, isInsecure } = longest(prefixes, path) ?? fallback;
      if (registry === undefined) throw new SourceError("not-found", "no registry is configured for it");
      return { registry, repository: above === "" ? path : `${above}/${path}`, tag: version, isInsecure };
    },
  };
}

function parseTarget(text: string, entry: string): Target {
  if (text === "none") return { path: "", isInsecure: false };
  const [place = "", security] = text.split("+");
  const slash = place.indexOf("/");
  const registry = slash < 0 ? place : place.slice(0, slash);
  const path = slash < 0 ? "" : place.slice(slash + 1);
  const isKnown = security === undefined || security === "secure" || security === "insecure";
  if (!HOST.test(registry) || !isKnown || (slash >= 0 && !/^[a-z0-9]+([-._/][a-z0-9]+)*$/.test(path))) {
    throw new Error(`not a registry (registry.example.com/path is one): ${entry}`);
  }
  return { registry, path, isInsecure: security ? security === "insecure" : LOCAL.test(registry) };
}

/** Whole path elements count. */
function longest(prefixes: ReadonlyMap<string, Target>, base: string): Target | undefined {
  for (let end = base.length; end > 0; end = base.lastIndexOf("/", end - 1)) {
    const found = prefixes.get(base.slice(0, end));
    if (found) return found;
  }
  return undefined;
}
