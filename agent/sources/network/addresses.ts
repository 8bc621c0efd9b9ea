import { BlockList, isIP } from "node:net";

/**
 * A tenant names the host, and the agent stands inside of the cluster: what is reachable from here and from nowhere else
 * is refused, by address.
 */
export interface AddressPolicy {
  /** `address` is a literal, IPv4 or IPv6. */
  isAllowed(address: string): boolean;
}

export interface AddressRanges {
  /** CIDRs that are allowed whatever is refused. */
  allowed: readonly string[];
  /** CIDRs beside the ones that are never a source: the cluster's services, its API server. */
  refused: readonly string[];
}

/** This host, this link (cloud metadata too), nobody, everybody. */
export const NEVER_A_SOURCE = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  // Metadata of Alibaba Cloud and Oracle Cloud, which lie elsewhere.
  "100.100.100.200/32",
  "192.0.0.192/32",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "fe80::/10",
  "ff00::/8",
  // Metadata of AWS over IPv6.
  "fd00:ec2::254/128",
] as const;

/** @throws Error where something is no CIDR */
export function addressPolicy({ allowed, refused }: AddressRanges): AddressPolicy {
  const good = blockList(allowed);
  const bad = blockList([...NEVER_A_SOURCE, ...refused]);
  return {
    isAllowed(address) {
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      return isIP(address) !== 0 && (good.check(address, family) || !bad.check(address, family));
    },
  };
}

/** Each with its length, as Go wants them. @throws Error */
export function normalRanges({ allowed, refused }: AddressRanges): AddressRanges {
  const written = (range: string) => {
    const { address, bits } = parseCidr(range);
    return `${address}/${bits}`;
  };
  return { allowed: allowed.map(written), refused: refused.map(written) };
}

/** IPv6 addresses that stand for IPv4 ones: mapped, compatible (deprecated), translated (NAT64), 6to4 apart. */
const EMBEDDING = ["::ffff:", "::", "64:ff9b::"];
const EMBEDDING_BITS = 96;

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const { address, bits, family } = parseCidr(range);
    list.addSubnet(address, bits, family);
    if (family !== "ipv4") continue;
    for (const prefix of EMBEDDING) list.addSubnet(prefix + address, EMBEDDING_BITS + bits, "ipv6");
  }
  return list;
}

/** @throws Error */
export function parseCidr(range: string): { address: string; bits: number; family: "ipv4" | "ipv6" } {
  const [address = "", length, ...rest] = range.split("/");
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  const bits = length === undefined ? most : Number(length);
  if (
    version === 0 ||
    rest.length > 0 ||
    length === "" ||
    !Number.isInteger(bits) ||
    bits < 0 ||
    bits > most
  ) {
    throw new Error(`not an IP range (10.0.0.0/8 is one): ${range}`);
  }
  return { address, bits, family: version === 6 ? "ipv6" : "ipv4" };
}
