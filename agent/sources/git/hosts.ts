import { SourceError } from "../types.ts";

/**
 * The hosts that a Secret's password may be sent to, as it names them itself: whoever writes a reference to a Secret need
 * not be allowed to read it, and would have it sent to a server of his own. Over ssh, known_hosts does the same.
 * @param named its key `host`: `host` or `host:port`, comma-separated; 443 where there is no port
 * @throws SourceError `forbidden` where the URL's host is not among them
 */
export function boundHosts(secret: string, named: string, url: string): readonly string[] {
  const hosts = named.split(",").flatMap((one) => normal(one.trim()));
  const { host } = new URL(url);
  if (hosts.includes(host)) return hosts;
  const says = hosts.length === 0 ? "names no host" : "names other hosts";
  throw new SourceError(
    "forbidden",
    `the pull secret ${secret} ${says}: add ${host} to its key \`host\`, if its password may be sent there`,
  );
}

/** As URL.host has it. What is more than a host is none. */
function normal(text: string): string[] {
  const address = `https://${text}`;
  if (!/^[^\s/?#@\\]+$/.test(text) || !URL.canParse(address)) return [];
  return [new URL(address).host];
}
