import { type ErrorCode, KubeNovaError } from "../../../domain/errors/index.ts";
import { STREAM_ERROR_HEADER, STREAM_HEADER, type StreamOpen } from "../../../durable-objects/rpc.ts";
import { openSchema } from "../../../protocol/tunnel/stream-frames.ts";
import { throughCircuit } from "../../limits/circuit.ts";
import type { Call } from "../../routing/call.ts";
import { validate } from "../../routing/validate.ts";
import { type Cluster, clusterOf, findCluster } from "../../store/clusters.ts";
import { clusterStub, directory } from "../../store/database.ts";
import { authorizeCluster } from "../clusters/write.ts";
import { present } from "../shared/catalogue.ts";

/** Until the head of an answer; shorter than what proxies in front of a manager wait for. */
export const DEADLINE_MS = 30_000;
/** A client that vanished must be noticed within 15 s: see docs/tunnel.md. */
export const IDLE_MS = 14_000;
const MAX_SECONDS = 600;

/** The cluster that a stream goes to. Nothing is armed or looked up for a key: a stream changes nothing of ours. */
export async function streamCluster(call: Call<{ cluster: string }>): Promise<Cluster> {
  const db = directory(call.env);
  const [found] = await call.look(db, [findCluster(db, call.params.cluster)]);
  const cluster = clusterOf(found?.results[0]);
  authorizeCluster(call, cluster);
  return present("cluster", call.params.cluster, cluster);
}

/** Seconds of a header, as milliseconds. @throws KubeNovaError KN-1000 */
export function secondsOf(request: Request, header: string, otherwiseMs: number): number {
  const value = request.headers.get(header);
  if (value === null) return otherwiseMs;
  const seconds = Number(value);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    throw new KubeNovaError("KN-1000", `${header} is a number of seconds from 1 to ${MAX_SECONDS}.`);
  }
  return seconds * 1000;
}

export interface StreamRequest {
  open: StreamOpen;
  body?: ReadableStream | null;
  upgrade?: boolean;
}

/** Beyond the stream's own deadline, for an object that does not even say that it passed. */
const OBJECT_MARGIN_MS = 5_000;

/**
 * Opens a stream at the cluster's object. What no frame can hold ends here: its sender is told which field it is, before
 * the cluster is asked. Where the same part of the cluster did not answer again and again, it is not asked either.
 *
 * @throws KubeNovaError KN-1002 where no frame can hold the target, KN-1505, and those of the object
 */
export async function openStream(call: Call, clusterId: string, given: StreamRequest): Promise<Response> {
  const { target, deadlineMs } = given.open;
  validate(openSchema.shape.target, target, "request to the cluster");
  await call.countStream();
  const late = new AbortController();
  const limitMs = deadlineMs + OBJECT_MARGIN_MS;
  const timer = setTimeout(() => late.abort(new KubeNovaError("KN-1501")), limitMs);
  try {
    return await throughCircuit(
      partOf(clusterId, target),
      () => opened(call, clusterId, given, late.signal),
      isSick,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** A service that hangs is no reason to ask the cluster's API server no more, nor another service. */
const partOf = (clusterId: string, target: StreamOpen["target"]): string =>
  target.kind === "service" ? `${clusterId}/service/${target.namespace}/${target.name}` : `${clusterId}/api`;

/** No answer, or none that the object gave: an error of the cluster's is an answer, and so is that it is not connected. */
const isSick = (error: unknown): boolean => !(error instanceof KubeNovaError) || error.code === "KN-1501";

async function opened(
  call: Call,
  clusterId: string,
  given: StreamRequest,
  signal: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { [STREAM_HEADER]: encodeURIComponent(JSON.stringify(given.open)) };
  if (given.upgrade) headers.Upgrade = "websocket";
  const response = await clusterStub(call.env, clusterId).fetch("https://cluster.internal/streams", {
    method: given.upgrade ? "GET" : "POST",
    headers,
    redirect: "manual",
    signal,
    ...(given.body ? { body: given.body } : {}),
  });
  const code = response.headers.get(STREAM_ERROR_HEADER);
  if (code === null) return response;
  const { message, details } = (await response.json()) as {
    message: string;
    details?: Record<string, unknown>;
  };
  throw new KubeNovaError(code as ErrorCode, message, details);
}
