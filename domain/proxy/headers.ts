/** Headers that are about one connection (RFC 9110, 7.6.1): never passed on, by either side of the tunnel. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Beside those, what would let a proxied page act for the API's own origin. */
const NOT_FROM_SERVICES = new Set([
  ...HOP_BY_HOP,
  // The body's length and coding are this side's: it is sent in chunks, as the agent decoded it.
  "content-length",
  // Of the API's origin: a service must not set its cookies, its transport policy, its service workers or its errors.
  "set-cookie",
  "set-cookie2",
  "strict-transport-security",
  "service-worker-allowed",
  "clear-site-data",
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "x-kubenova-stream-error",
  "x-request-id",
  "x-correlation-id",
  "alt-svc",
  "content-security-policy",
  "content-security-policy-report-only",
]);

const NOT_TO_SERVICES = new Set([
  ...HOP_BY_HOP,
  // Credentials of the API are not the service's business; what is meant for it comes in headers of its own.
  "authorization",
  "cookie",
  "host",
  "content-length",
  "accept-encoding",
  "cdn-loop",
]);
const OURS = /^(x-kubenova-|cf-|sec-websocket-|x-forwarded-|x-real-ip$)/;

/** What a request header of this name carries to the service instead of our own. */
const FORWARDED: Record<string, string> = {
  "x-kubenova-forward-authorization": "authorization",
  "x-kubenova-forward-cookie": "cookie",
};

const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/;

export const MAX_HEADERS = 100;
export const MAX_HEADER_BYTES = 16 * 1024;

export type HeaderPairs = readonly (readonly [string, string])[];

/** Headers for the service. @returns undefined where they are too many or too large */
export function requestHeaders(given: HeaderPairs): [string, string][] | undefined {
  const pairs = given.map(([name, value]) => [name.toLowerCase(), value] as const);
  const named = new Set(
    pairs
      .filter(([name]) => name === "connection")
      .flatMap(([, value]) => value.split(",").map((each) => each.trim().toLowerCase())),
  );
  const result: [string, string][] = [["accept-encoding", "identity"]];
  let bytes = 0;
  for (const [name, value] of pairs) {
    const renamed = FORWARDED[name];
    if (!renamed && (NOT_TO_SERVICES.has(name) || OURS.test(name) || named.has(name))) continue;
    bytes += name.length + value.length;
    result.push([renamed ?? name, value]);
  }
  return result.length > MAX_HEADERS || bytes > MAX_HEADER_BYTES ? undefined : result;
}

/** Headers of a service's answer, for the client. */
export const answerHeaders = (given: HeaderPairs): [string, string][] =>
  given
    .filter(
      ([name, value]) =>
        !NOT_FROM_SERVICES.has(name.toLowerCase()) && HEADER.test(name) && !CONTROL.test(value),
    )
    .map(([name, value]) => [name, value]);

export const hasNoBody = (status: number): boolean =>
  status === 101 || status === 204 || status === 205 || status === 304;
