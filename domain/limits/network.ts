import ipaddr from "ipaddr.js";

/** Providers give one customer at least so much of IPv6; of IPv4 one address, often shared. */
const IPV6_CUSTOMER_BITS = 56;

/** The network that an address is counted as; `unknown` for what is none. */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return "unknown";
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_CUSTOMER_BITS}`)}/${IPV6_CUSTOMER_BITS}`;
}
