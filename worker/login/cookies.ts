import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Call } from "../routing/call.ts";
import { strangerDenied } from "./denied.ts";

/** Of a browser's login. */
const REFRESH_COOKIE = "__Host-kubenova-refresh";

/**
 * `__Host-`: only this very host sets and gets it. HttpOnly: no script reads it. Lax: no other site's form or script
 * sends it; following a link here does, and what such a GET shows changes nothing.
 */
export const setCookie = (name: string, value: string, maxAgeSeconds: number): string =>
  `${name}=${value}; Max-Age=${Math.floor(maxAgeSeconds)}; Path=/; Secure; HttpOnly; SameSite=Lax`;

export const clearCookie = (name: string): string => setCookie(name, "", 0);

/** @param expiresAt milliseconds since 1970 */
export const refreshCookie = (token: string, expiresAt: number, now: number): string =>
  setCookie(REFRESH_COOKIE, token, (expiresAt - now) / 1000);

export const noRefreshCookie = (): string => clearCookie(REFRESH_COOKIE);

export const refreshTokenOf = (request: Request): string | undefined => cookieOf(request, REFRESH_COOKIE);

/** The first cookie of that name. */
export function cookieOf(request: Request, name: string): string | undefined {
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * What a cookie proves is worth something only where a page of ours asked. Browsers say who asks by Sec-Fetch-Site; older
 * ones by Origin, which is `null` where a page tells nobody where it came from.
 *
 * @throws KubeNovaError KN-1117
 */
export function checkSameOrigin(call: Pick<Call, "audit" | "request">): void {
  const { request } = call;
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const isOwn = origin === new URL(request.url).origin;
  const isOurs =
    site === null ? isOwn : site === "same-origin" && (isOwn || origin === null || origin === "null");
  if (!isOurs) throw strangerDenied(call, new KubeNovaError("KN-1117"), "session/unknown");
}
