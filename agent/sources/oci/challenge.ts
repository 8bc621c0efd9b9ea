/** One challenge of a WWW-Authenticate header (RFC 9110), its scheme and parameters in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Readonly<Record<string, string>>;
}

/** One class before a name: two that both take a space would try every way to share them. */
const SCHEME = /[\s,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s+|$)/y;
const PARAMETER = /[\s,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y;
/** Of UTF-16 units; what a registry says beyond is not read. */
const MAX_HEADER = 8_192;

export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, MAX_HEADER);
  const found: Challenge[] = [];
  for (let at = 0; at < text.length; ) {
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(text);
    if (!scheme) break;
    at = SCHEME.lastIndex;
    const parameters: Record<string, string> = {};
    for (PARAMETER.lastIndex = at; ; at = PARAMETER.lastIndex) {
      const parameter = PARAMETER.exec(text);
      if (!parameter) break;
      const [, name = "", quoted, plain = ""] = parameter;
      parameters[name.toLowerCase()] = quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1");
    }
    found.push({ scheme: (scheme[1] ?? "").toLowerCase(), parameters });
  }
  return found;
}
