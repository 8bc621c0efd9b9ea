import { lookup as resolve } from "node:dns";
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent, request as secureRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";
import { VERSION } from "../../version.ts";
import { SourceError } from "../types.ts";
import type { AddressPolicy } from "./addresses.ts";

export interface HttpOptions {
  policy: AddressPolicy;
  /** PEM; trusted beside the public authorities, for this client alone. */
  ca?: string | undefined;
  /** `host:port` or `host` of whom plain HTTP is taken. */
  isInsecure: (host: string) => boolean;
  idleMs: number;
}

export interface HttpRequest {
  method: "GET" | "HEAD" | "POST";
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

/** For one fetch: connections are kept until `close`. */
export interface Http {
  /** Answers any status but a redirect, which GET and HEAD follow: without `authorization` where the origin is another. */
  send(url: URL, request: HttpRequest): Promise<IncomingMessage>;
  close(): void;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function createHttp(options: HttpOptions): Http {
  const lookup = checkedLookup(options.policy);
  const ca = options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] };
  const agents = {
    "http:": new PlainAgent({ keepAlive: true, lookup }),
    "https:": new Agent({ keepAlive: true, lookup, ...ca }),
  };

  const once = (url: URL, { method, headers, body, signal }: HttpRequest): Promise<IncomingMessage> => {
    checkTarget(url, options);
    const isSecure = url.protocol === "https:";
    const send = isSecure ? secureRequest : plainRequest;
    const agent = agents[isSecure ? "https:" : "http:"];
    return new Promise((resolve, reject) => {
      const sent = send(url, {
        method,
        agent,
        signal,
        headers: { "user-agent": `kubenova-agent/${VERSION}`, ...headers },
      });
      let answer: IncomingMessage | undefined;
      sent.setTimeout(options.idleMs, () => {
        const idle = new SourceError("timeout", `${url.host} sent nothing for ${options.idleMs / 1_000} s`);
        answer?.destroy(idle);
        sent.destroy(idle);
      });
      sent.once("error", (error) => reject(signal.aborted ? signal.reason : networkError(url, error)));
      sent.once("response", (message) => {
        answer = message;
        resolve(message);
      });
      sent.end(body);
    });
  };
  return {
    async send(first, request) {
      let [url, headers] = [first, request.headers ?? {}];
      for (let hops = 0; ; hops += 1) {
        const message = await once(url, { ...request, headers });
        const { location } = message.headers;
        const follows = REDIRECTS.has(message.statusCode ?? 0) && location !== undefined;
        if (!follows || request.method === "POST") return message;
        message.resume();
        if (hops === MAX_REDIRECTS) throw new SourceError("invalid", `${first.host} redirects too often`);
        const next = redirected(url, location);
        if (next.origin !== url.origin) headers = without(headers, "authorization");
        url = next;
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** Literal addresses are not looked up, so that they are checked here; names where they are connected to. */
function checkTarget(url: URL, { policy, isInsecure }: HttpOptions): void {
  if (url.protocol === "http:" ? !isInsecure(url.host) : url.protocol !== "https:") {
    throw new SourceError("invalid", `${url.protocol}//${url.host}: https only`);
  }
  const literal = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(literal) !== 0 && !policy.isAllowed(literal)) throw refusedAddress(url.hostname);
}

function redirected(from: URL, location: string): URL {
  let next: URL;
  try {
    next = new URL(location, from);
  } catch {
    throw new SourceError("invalid", `${from.host} redirects to what is no URL`);
  }
  if (next.username || next.password)
    throw new SourceError("invalid", `${from.host} redirects to a URL with a password`);
  if (from.protocol === "https:" && next.protocol !== "https:") {
    throw new SourceError("invalid", `${from.host} redirects from https to ${next.protocol}`);
  }
  return next;
}

/** What is checked is what is connected to: a name that resolves otherwise a moment later gains nothing. */
function checkedLookup(policy: AddressPolicy): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, "", 0);
      const allowed = found.filter(({ address }) => policy.isAllowed(address));
      const [first] = allowed;
      if (!first) return callback(refusedAddress(host), "", 0);
      if (options.all) return callback(null, allowed);
      callback(null, first.address, first.family);
    });
  };
}

const refusedAddress = (host: string): SourceError =>
  new SourceError("forbidden", `${host} is an address that no source may have (docs/sources.md, "Networks")`);

export function networkError(url: URL, error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const known = TLS_PROBLEM.test(code ?? "") ? "its certificate is not trusted" : "it cannot be reached";
  return new SourceError("unreachable", `${url.host}: ${known} (${code ?? message})`, { cause: error });
}

const TLS_PROBLEM = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

const without = (headers: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== name));
