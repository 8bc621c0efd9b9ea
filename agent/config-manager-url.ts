import { ConfigError, type Values } from "./config-values.ts";

/** @throws ConfigError unless it is https, or http to a private address that was allowed expressly */
export function managerUrl(values: Values): URL {
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
