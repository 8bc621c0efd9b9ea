import ipaddr from "ipaddr.js";

/** Azure's host agent answers on it in every virtual machine, and hands out secrets: public only by its number. */
const INSIDE_BY_CUSTOM = new Set(["168.63.129.16"]);
/** IANA gives out global unicast addresses from this block alone: all else is special, whatever it is called by then. */
const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3") as [ipaddr.IPv6, number];

/**
 * Whether an address belongs to the public internet. Ranges are those of IANA's special-purpose registries; an IPv6
 * address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo) is refused, whichever it carries: nobody needs it.
 *
 * @param text as a resolver or `URL.hostname` gives it, with or without brackets
 */
export function isPublicAddress(text: string): boolean {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (bare.includes("%") || !ipaddr.isValid(bare)) return false;
  const address = ipaddr.parse(bare);
  if (address.range() !== "unicast") return false;
  if (address instanceof ipaddr.IPv6) return address.match(GLOBAL_IPV6);
  return !INSIDE_BY_CUSTOM.has(address.toString());
}

/** Whether a host of a parsed URL is an address. WHATWG's parser has turned every spelling of IPv4 into four decimals. */
export const isAddress = (hostname: string): boolean =>
  hostname.startsWith("[") || ipaddr.IPv4.isValidFourPartDecimal(hostname);
