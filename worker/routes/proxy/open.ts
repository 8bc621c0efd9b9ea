import { type ErrorCode, KubeNovaError } from "../../../domain/errors/index.ts";
import { STREAM_ERROR_HEADER, STREAM_HEADER, type StreamOpen } from "../../../durable-objects/rpc.ts";
import { openSchema } from "../../../protocol/tunnel/stream-frames.ts";
import type { Call } from "../../routing/call.ts";
import { validate } from "../../routing/validate.ts";
import { type Cluster, clusterOf, findCluster } from "../../store/clusters.ts";
import { clusterStub, directory } from "../../store/database.ts";
import { objectOf } from "../clusters/write.ts";
import { present } from "../shared/catalogue.ts";

/** Until the head of an answer; shorter than what proxies in front of a manager wait for. */
export const DEADLINE_MS = 30_000;
/** A client that vanished must be noticed within 15 s: see docs/tunnel.md. */
export const IDLE_MS = 14_000;
const MAX_SECONDS = 600;

/** The cluster that a stream goes to. Nothing is armed or looked up for a key: a stream changes nothing of ours. */
export async function streamCluster(call: Call<{ cluster: string }>): Promise<Cluster> {
  const row = await findCluster(directory(call.env), call.params.cluster).first<Record<string, unknown>>();
  const cluster = clusterOf(row ?? undefined);
  call.authorize(cluster ? objectOf(cluster) : {});
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

/**
 * Opens a stream at the cluster's object. What no frame can hold ends here: its sender is told which field it is, before
 * the cluster is asked.
 *
 * @throws KubeNovaError KN-1002 where no frame can hold the target, and those of the object
 */
export async function openStream(call: Call, clusterId: string, given: StreamRequest): Promise<Response> {
  validate(openSchema.shape.target, given.open.target, "request to the cluster");
  const headers: Record<string, string> = { [STREAM_HEADER]: encodeURIComponent(JSON.stringify(given.open)) };
  if (given.upgrade) headers.Upgrade = "websocket";
  const response = await clusterStub(call.env, clusterId).fetch("https://cluster.internal/streams", {
    method: given.upgrade ? "GET" : "POST",
    headers,
    redirect: "manual",
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
