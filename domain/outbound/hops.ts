/** Statuses of RFC 9110 with a Location to go on to. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Headers that another origin than the one they were meant for must not see. */
const CREDENTIALS = ["authorization", "cookie", "proxy-authorization"];

export interface Hop {
  url: string;
  headers: Record<string, string>;
}

/**
 * Where an answer sends a GET on to; undefined where it is the answer itself. A hop to another origin leaves credentials
 * behind.
 */
export function nextHop(from: Hop, status: number, location: string | null): Hop | undefined {
  if (!REDIRECTS.has(status) || location === null) return undefined;
  const next = URL.parse(location, from.url);
  // An unreadable Location is judged, and refused, as the URL that it is.
  if (!next) return { url: location, headers: {} };
  if (next.origin === new URL(from.url).origin) return { ...from, url: next.href };
  const kept = Object.entries(from.headers).filter(([name]) => !CREDENTIALS.includes(name.toLowerCase()));
  return { url: next.href, headers: Object.fromEntries(kept) };
}
