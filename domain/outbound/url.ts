import { isAddress, isPublicAddress } from "./address.ts";

const MAX_URL_LENGTH = 2_048;

/**
 * Names that stand for the inside of a machine, a cluster or a network: special-use names (RFC 6761, RFC 6762, RFC 8375,
 * RFC 9476, ICANN's `internal`), and those that Kubernetes and home or office networks give out.
 */
const INSIDE_SUFFIXES = [
  ...["localhost", "local", "internal", "test", "invalid", "example", "onion", "alt", "arpa"],
  ...["svc", "default", "consul", "docker", "localdomain", "intranet", "private", "corp", "home", "lan"],
];

export type UrlVerdict = { ok: true; url: URL; allowed: boolean } | { ok: false; reason: string };

const refused = (reason: string): UrlVerdict => ({ ok: false, reason });

/** `host:port` of each entry of lists as OUTBOUND_ALLOW_HOSTS is one; 443 where an entry names no port. */
export function allowedHosts(...lists: (string | undefined)[]): ReadonlySet<string> {
  const entries = lists.flatMap((list) => (list ?? "").split(",")).map((entry) => entry.trim().toLowerCase());
  return new Set(
    entries.filter((entry) => entry !== "").map((entry) => (/:\d+$/.test(entry) ? entry : `${entry}:443`)),
  );
}

/**
 * Whether a URL that a tenant chose may be asked by the manager. What the installation allows by name is free of all
 * rules but one: a URL never carries a credential.
 *
 * @returns the reason for people where it is refused; it repeats nothing but the URL's own parts
 */
export function checkOutboundUrl(text: string, allowed: ReadonlySet<string>): UrlVerdict {
  if (text.length > MAX_URL_LENGTH) return refused(`a URL has at most ${MAX_URL_LENGTH} characters`);
  const url = URL.parse(text);
  if (!url) return refused("it is not a URL");
  if (url.protocol !== "https:" && url.protocol !== "http:") return refused("only https is allowed");
  if (url.username !== "" || url.password !== "")
    return refused("a URL with a user or password is not allowed");
  const host = url.hostname.replace(/\.$/, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (allowed.has(`${host}:${port}`)) return { ok: true, url, allowed: true };
  if (url.protocol !== "https:") return refused("only https is allowed");
  if (port !== "443") return refused("only port 443 is allowed");
  if (isAddress(host)) {
    return isPublicAddress(host)
      ? { ok: true, url, allowed: false }
      : refused(`${host} is not an address of the public internet`);
  }
  return isPublicName(host)
    ? { ok: true, url, allowed: false }
    : refused(`'${host}' is not a name of the public internet`);
}

/** Whether two URLs that are fit to be asked lead to the same server: scheme, host and port (RFC 6454). */
export const sameOrigin = (one: string, other: string): boolean =>
  new URL(one).origin === new URL(other).origin;

/** A name without a dot is completed by a machine's own search list, so it is an inside name too. */
function isPublicName(host: string): boolean {
  const labels = host.split(".");
  if (labels.length < 2 || labels.some((label) => label === "" || label.length > 63)) return false;
  // Names of metadata services end in one of these, or have no dot.
  return !INSIDE_SUFFIXES.includes(labels.at(-1) ?? "");
}
