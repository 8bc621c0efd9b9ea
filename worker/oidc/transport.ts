import { guardedFetch, type Outbound } from "../outbound/guarded-fetch.ts";

/** A discovery document, a key set or an ID token with many groups has a few kilobytes. */
const MAX_BYTES = 128 * 1024;

/** As much of a fetch as the libraries of OpenID Connect use. */
export type ProviderFetch = (url: string, init: ProviderRequest) => Promise<Response>;

export interface ProviderRequest {
  method?: string;
  headers?: Record<string, string> | Headers;
  body?: unknown;
}

/** Asks a provider by the guard for outside addresses: nothing inside is ever asked, whatever its documents name. */
export const providerFetch =
  (outbound: Outbound): ProviderFetch =>
  async (url, { method = "GET", headers = {}, body }) => {
    const answer = await guardedFetch(outbound, url, {
      method: method === "POST" ? "POST" : "GET",
      headers: Object.fromEntries(new Headers(headers).entries()),
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      maxBytes: MAX_BYTES,
    });
    // Of the headers the type alone is read; others speak of a body that is decoded by now.
    const type = answer.headers.get("content-type");
    return new Response(answer.text, {
      status: answer.status,
      headers: type === null ? {} : { "content-type": type },
    });
  };
