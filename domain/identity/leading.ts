/** How a browser came to the address at which a login begins. */
export interface Arrival {
  /** `Sec-Fetch-Site`: no page can write it. Null from programs, and from browsers older than 2023. */
  site: string | null;
  /** `Referer`. */
  referrer: string | null;
}

/**
 * Whether a page of this manager, or of an origin that the operator listed, sent the browser. A link in a mail, a bookmark
 * and any other site did not.
 *
 * @param origins `https://console.example.com`, as CORS_ORIGINS has them
 */
export function isFromOurs({ site, referrer }: Arrival, origins: readonly string[]): boolean {
  if (site === null || site === "same-origin") return true;
  const origin = referrer === null ? undefined : URL.parse(referrer)?.origin;
  return origin !== undefined && origins.includes(origin);
}

export interface Leading {
  fromOurs: boolean;
  /** The provider is a tenant's own: the manager's operator does not know it. */
  isTenants: boolean;
  issuer: string;
  /** The provider's authorization endpoint. */
  endpoint: string;
  /** The host that the person was shown and agreed to; only a page of ours says it truly. */
  confirmed?: string | undefined;
}

/**
 * Why a person is asked before his browser goes to a provider; undefined where it goes at once.
 *
 * `elsewhere`: who follows another's link may find himself logged in as somebody whom the other chose, and work in his name
 * (login CSRF). `host`: a tenant's provider names any address as its login page, and ours would lead there.
 */
export function whyAsk({
  fromOurs,
  isTenants,
  issuer,
  endpoint,
  confirmed,
}: Leading): "elsewhere" | "host" | undefined {
  if (!fromOurs) return "elsewhere";
  const host = hostOf(endpoint);
  return isTenants && host !== hostOf(issuer) && host !== confirmed ? "host" : undefined;
}

/** With its port, where that is not its scheme's own. */
export const hostOf = (url: string): string => URL.parse(url)?.host ?? "";
