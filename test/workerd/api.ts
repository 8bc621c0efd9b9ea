import { env, exports } from "cloudflare:workers";
import type { ErrorCode } from "../../domain/errors/index.ts";
import { mintToken } from "../../worker/tokens/access.ts";

export interface ApiAnswer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
  /** `error.code` of an error answer. */
  code: ErrorCode | undefined;
  etag: string | null;
}

export interface ApiInit {
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  /** No token is sent where null; the platform administrator's where absent. */
  token?: string | null;
}

let administrator: Promise<string> | undefined;

/** A token of the platform administrator. */
export const adminToken = (): Promise<string> => {
  administrator ??= mintToken(env, { kind: "platform-admin" }, Date.now()).then(({ token }) => token);
  return administrator;
};

/** Calls the Worker as a client would: `await api("PUT", "/tenants/acme", { body: {} })`. Paths are under /api/v1. */
export async function api<T = Record<string, unknown>>(
  method: string,
  path: string,
  init: ApiInit = {},
): Promise<ApiAnswer<T>> {
  const response = await apiRaw(method, path, init);
  const text = await response.text();
  const body = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text;
  return {
    status: response.status,
    headers: response.headers,
    body: body as T,
    code: (body as { error?: { code: ErrorCode } })?.error?.code,
    etag: response.headers.get("etag"),
  };
}

/** Paths outside the versioned API. */
const UNVERSIONED = /^\/(api|tunnel|docs|device|healthz|readyz|metrics|\.well-known)(\/|$)/;

/** The response itself, for streams, sockets and bodies that are not JSON. */
export async function apiRaw(method: string, path: string, init: ApiInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = init.token === undefined ? await adminToken() : init.token;
  if (token !== null && !headers.has("authorization")) headers.set("authorization", `Bearer ${token}`);
  if (init.body !== undefined && !headers.has("content-type"))
    headers.set("content-type", "application/json");
  const body =
    init.body === undefined ? null : typeof init.body === "string" ? init.body : JSON.stringify(init.body);
  const url = path.startsWith("https:")
    ? path
    : `https://kubenova.test${UNVERSIONED.test(path) ? "" : "/api/v1"}${path}`;
  return exports.default.fetch(new Request(url, { method, headers, body }));
}
