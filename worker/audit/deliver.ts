import type { PlacedEntry } from "../../domain/audit/csv.ts";
import { sinkRequest } from "../../domain/audit/sinks.ts";
import type { Env } from "../env.ts";
import { guardedFetch, outboundOf } from "../outbound/guarded-fetch.ts";
import { type AuditSink, sinkToken } from "../store/audit-sinks.ts";

const TIMEOUT_MS = 8_000;

/**
 * Sends some entries to a receiver.
 * @returns what it answered, where that was no success
 * @throws KubeNovaError KN-1610, KN-1611; KN-1901, KN-1903 … KN-1906 where its token cannot be opened
 */
export async function deliver(
  env: Env,
  sink: AuditSink,
  entries: readonly PlacedEntry[],
): Promise<string | undefined> {
  const token = await sinkToken(env, sink);
  const request = sinkRequest(sink.format, token, sink.log, entries);
  const outbound = outboundOf(env, sink.tenantId);
  const { status } = await guardedFetch(outbound, sink.url, {
    method: "POST",
    ...request,
    timeoutMs: TIMEOUT_MS,
  });
  return status >= 200 && status < 300 ? undefined : `the receiver answered ${status}`;
}
