import { KubeNovaError } from "../../domain/errors/index.ts";
import { isAddress } from "../../domain/outbound/address.ts";
import { type Hop, nextHop } from "../../domain/outbound/hops.ts";
import { allowedHosts, checkOutboundUrl } from "../../domain/outbound/url.ts";
import type { Env } from "../env.ts";
import { resolveName } from "./resolve.ts";

/** How the guard treats the URLs of one who names them. */
export interface Outbound {
  /** `host:port` of servers that are free of its rules. */
  readonly allowed: ReadonlySet<string>;
  /** Of OUTBOUND_DNS. */
  readonly resolver: string | undefined;
}

type OutboundEnv = Pick<Env, "OUTBOUND_ALLOW_HOSTS" | "OUTBOUND_ALLOW_HOSTS_TENANTS" | "OUTBOUND_DNS">;

/**
 * What an installation allows by name for the platform's own URLs is closed to tenants: else each of them could have the
 * manager ask a server inside.
 * @param tenantId of whom a provider or a stream is; null for the platform
 */
export const outboundOf = (env: OutboundEnv, tenantId: string | null): Outbound => ({
  allowed: allowedHosts(
    ...(tenantId === null ? [env.OUTBOUND_ALLOW_HOSTS] : []),
    env.OUTBOUND_ALLOW_HOSTS_TENANTS,
  ),
  resolver: env.OUTBOUND_DNS,
});

/** Discovery documents and key sets have a few kilobytes. */
const MAX_BYTES = 256 * 1024;
const TIME_LIMIT_MS = 10_000;
const MAX_REDIRECTS = 3;

export interface OutboundRequest {
  /** A GET follows redirects; a POST never does: what it sends was meant for one receiver. */
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** Of the answer's body; 256 KiB where absent. */
  maxBytes?: number;
  /** For all of it: lookups, redirects, the body's last byte; 10 s where absent. */
  timeoutMs?: number;
}

export interface OutboundAnswer {
  status: number;
  headers: Headers;
  /** The whole body, decoded as UTF-8. Its type is the caller's to check. */
  text: string;
  /** Where it came from in the end. */
  url: string;
}

/**
 * Asks a URL that somebody chose, and nothing inside that he may not name: see docs/outbound.md.
 * @throws KubeNovaError KN-1610 where it may not be asked, KN-1611 where nothing usable came back
 */
export async function guardedFetch(
  outbound: Outbound,
  url: string,
  {
    method = "GET",
    headers = {},
    body,
    maxBytes = MAX_BYTES,
    timeoutMs = TIME_LIMIT_MS,
  }: OutboundRequest = {},
): Promise<OutboundAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  let hop: Hop = { url, headers };
  for (let redirects = 0; ; redirects++) {
    const asked = await checkHop(outbound, hop.url, signal);
    const init = { method, headers: hop.headers, redirect: "manual" as const, signal };
    const answer = await outward(asked, () => fetch(asked, body === undefined ? init : { ...init, body }));
    const next = nextHop(hop, answer.status, answer.headers.get("location"));
    if (!next) {
      const text = await outward(asked, () => readBounded(asked, answer, maxBytes));
      return { status: answer.status, headers: answer.headers, text, url: hop.url };
    }
    await answer.body?.cancel();
    if (method !== "GET") throw failed(asked, "it redirects, and a POST is not sent on");
    if (redirects === MAX_REDIRECTS) throw failed(asked, `more than ${MAX_REDIRECTS} redirects`);
    hop = next;
  }
}

/** For where a URL is first given: its form alone is judged. @throws KubeNovaError KN-1610 */
export function assertOutboundUrl({ allowed }: Outbound, url: string): void {
  const verdict = checkOutboundUrl(url, allowed);
  if (!verdict.ok) throw refusal(verdict.reason);
}

async function checkHop(outbound: Outbound, text: string, signal: AbortSignal): Promise<URL> {
  const verdict = checkOutboundUrl(text, outbound.allowed);
  if (!verdict.ok) throw refusal(verdict.reason);
  const { url, allowed } = verdict;
  const { resolver } = outbound;
  if (allowed || !resolver || isAddress(url.hostname)) return url;
  const found = await outward(url, () => resolveName(resolver, url.hostname, signal));
  if (found === "inside") throw refusal(`'${url.hostname}' leads to an address that is not public`);
  if (found === "unknown") throw failed(url, "its name has no address");
  return url;
}

/** Network errors say little, and some say too much: the class of failure is told, the text is not. */
async function outward<T>(url: URL, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KubeNovaError) throw error;
    const late = error instanceof Error && error.name === "TimeoutError";
    throw failed(url, late ? "no answer in time" : "the connection failed");
  }
}

async function readBounded(asked: URL, answer: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw failed(asked, `its answer has more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

const refusal = (reason: string): KubeNovaError =>
  new KubeNovaError("KN-1610", `The manager asks no such URL: ${reason}.`, { reason });

const failed = (url: URL, reason: string): KubeNovaError =>
  new KubeNovaError("KN-1611", `${url.host} gave no usable answer: ${reason}.`, { host: url.host, reason });
