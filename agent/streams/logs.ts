import type { StreamTarget } from "../../protocol/tunnel/frames.ts";
import { auditId, type Kube } from "../kube/index.ts";
import { StreamError } from "./errors.ts";
import { sendBody } from "./pipe.ts";
import type { Stream } from "./types.ts";

type LogsTarget = Extract<StreamTarget, { kind: "logs" }>;

/** A pod's log as the API server gives it, followed live where asked. Errors keep the API server's status and message. */
export async function serveLogs(stream: Stream, target: LogsTarget, kube: Kube): Promise<void> {
  const { namespace, pod, container, follow, tailLines, sinceSeconds, timestamps, previous } = target;
  const { status, body } = await kube.stream({
    path: `/api/v1/namespaces/${segment(namespace)}/pods/${segment(pod)}/log`,
    query: { container, follow, tailLines, sinceSeconds, timestamps, previous },
    signal: stream.signal,
    auditId: auditId(stream.open.correlationId, stream.open.s),
    headersTimeoutMs: stream.open.deadlineMs,
    metric: { verb: "logs", resource: "pods" },
  });
  stream.opened(status, [
    ["content-type", status === 200 ? "text/plain; charset=utf-8" : "application/json"],
  ]);
  await sendBody(body, stream);
}

/** Names go into a path: what is no DNS name is refused, not escaped. */
export function segment(name: string): string {
  if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) && !name.includes("..")) return name;
  throw new StreamError("KN-1502", `not the name of an object: ${name.slice(0, 80)}`);
}
