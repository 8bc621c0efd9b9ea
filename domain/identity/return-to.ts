const MAX_LENGTH = 1_024;
/** Nothing of this name is at any address; it stands for this manager's own origin. */
const OWN = "https://return.invalid";

/**
 * Where a browser goes after its login: a path of this manager, or an address of an origin that the operator listed.
 *
 * @param origins `https://console.example.com`, as CORS_ORIGINS has them
 * @returns the address as it may stand in Location; undefined where it leads anywhere else
 */
export function safeReturnTo(given: string, origins: readonly string[]): string | undefined {
  if (given.length > MAX_LENGTH || [...given].some(isOdd)) return undefined;
  const url = parse(given);
  if (!url) return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  if (given.startsWith("/") && url.origin === OWN) {
    // A path such as `/.//evil.example` becomes `//evil.example`, which a browser reads as a host.
    return url.pathname.startsWith("//") ? undefined : `${url.pathname}${url.search}${url.hash}`;
  }
  return origins.includes(url.origin) ? url.href : undefined;
}

/** Blanks and control characters, which URL parsers leave out, and the backslash, which some take for a slash. */
const isOdd = (character: string): boolean =>
  character <= " " || character === "\\" || character === "\u007f";

function parse(text: string): URL | undefined {
  try {
    return new URL(text, OWN);
  } catch {
    return undefined;
  }
}
