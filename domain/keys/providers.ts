/** Where key-encryption keys live: in the ring, or in a key service that never gives them out. */
export type KekProvider =
  | { kind: "ring" }
  /** `arn` is the key's own, not an alias's: what was wrapped must name its key for good. */
  | { kind: "aws-kms"; name: string; arn: string; region: string; host: string }
  /** `url` is Vault's, without a path. */
  | { kind: "vault"; name: string; url: string; mount: string; key: string };

/** What is wrong with the list of providers, in words that repeat none of it: an address may hold a password. */
export class KekProviderError extends Error {}

const ARN = /^arn:(aws|aws-cn|aws-us-gov):kms:([a-z0-9-]{1,32}):\d{12}:key\/[A-Za-z0-9-]{1,64}$/;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Reads `aws-kms:<key ARN>,vault:<https URL>/<mount>/<key>,ring`. As in the ring the last is the primary, and the others
 * open what is older. The ring can always open, so that it is put first where it is not named.
 * @throws KekProviderError
 */
export function parseKekProviders(text: string): readonly KekProvider[] {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const named = entries.map((entry, at) => parseEntry(entry, at + 1));
  const names = named.map((each) => (each.kind === "ring" ? "ring" : each.name));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice) throw new KekProviderError(`it names ${twice} twice`);
  return names.includes("ring") ? named : [{ kind: "ring" }, ...named];
}

function parseEntry(entry: string, place: number): KekProvider {
  if (entry === "ring") return { kind: "ring" };
  if (entry.startsWith("aws-kms:")) return parseAws(entry.slice("aws-kms:".length), place);
  if (entry.startsWith("vault:")) return parseVault(entry.slice("vault:".length), place);
  throw new KekProviderError(
    `its entry ${place} is not ring, aws-kms:<key ARN> or vault:<URL>/<mount>/<key>`,
  );
}

function parseAws(arn: string, place: number): KekProvider {
  const match = ARN.exec(arn);
  if (!match) {
    throw new KekProviderError(
      `its entry ${place} is not the ARN of a key (arn:aws:kms:<region>:<account>:key/<id>; an alias will not do)`,
    );
  }
  const [, partition, region = ""] = match;
  const host = `kms.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
  return { kind: "aws-kms", name: `aws-kms:${arn}`, arn, region, host };
}

function parseVault(text: string, place: number): KekProvider {
  const url = URL.parse(text);
  const bad = (why: string) => new KekProviderError(`its entry ${place}, Vault's, ${why}`);
  if (!url) throw bad("has no URL");
  if (url.username || url.password || url.search || url.hash)
    throw bad("has more than an address and a path");
  if (!isSafeService(url)) throw bad("does not begin with https://");
  const path = url.pathname.split("/").slice(1);
  const key = path.pop() ?? "";
  if (path.length === 0 || ![...path, key].every((part) => NAME.test(part))) {
    throw bad("does not end with /<mount>/<key>");
  }
  const mount = path.join("/");
  return { kind: "vault", name: `vault:${mount}/${key}`, url: url.origin, mount, key };
}

/** HTTPS, or this very machine. */
export const isSafeService = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname));
