import type { Call, Core } from "./core.ts";
import type { RequestOptions } from "./options.ts";
import { queryString, rawPath } from "./paths.ts";
import { assertRead } from "./read-only.ts";
import { callerHeaders, requestHeaders } from "./request-headers.ts";
import { networkError } from "./transport.ts";
import type { Kube, RawRequest, StreamRequest } from "./types.ts";

type Merge = <T extends RequestOptions>(options: T | undefined) => T & RequestOptions;

/** The verbs by path. Identity comes from the options alone, whatever headers a caller passes on. */
export function createRaw(core: Core, merge: Merge): Pick<Kube, "request" | "stream" | "connectTarget"> {
  return {
    async request(request) {
      const merged = merge(request);
      return core.call(rawCall(merged), merged);
    },
    async stream(request) {
      const merged = merge(request);
      return core.stream(rawCall(merged), merged);
    },
    async connectTarget(path, options) {
      const merged = merge(options);
      const checked = rawPath(path);
      if (core.readOnly) assertRead("GET", checked);
      const { server, credentials } = core.transport;
      const { headers, tls } = await credentials.current().catch((error: unknown) => {
        throw networkError(error, "Credentials");
      });
      const url = new URL(
        server.pathname.replace(/\/+$/, "") + checked + queryString(merged.query ?? {}),
        server,
      );
      return { url, headers: { ...headers, ...requestHeaders(merged) }, tls: { ...tls } };
    },
  };
}

function rawCall(request: RawRequest | StreamRequest): Call {
  const method = (request.method ?? "GET").toUpperCase();
  return {
    method,
    path: rawPath(request.path),
    ...(request.query ? { query: request.query } : {}),
    headers: callerHeaders(request.headers),
    ...(request.body === undefined ? {} : { body: request.body }),
    verb: request.metric?.verb ?? "raw",
    resource: request.metric?.resource ?? "",
    dryRun: request.query?.dryRun === "All",
    repeatable: method === "GET" || method === "HEAD",
  };
}
