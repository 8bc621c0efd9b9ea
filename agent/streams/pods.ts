import type { StreamTarget } from "../../protocol/tunnel/frames.ts";
import { auditId, type Kube, type LiveObject } from "../kube/index.ts";
import { segment } from "./logs.ts";
import type { Stream } from "./types.ts";

type PodsTarget = Extract<StreamTarget, { kind: "pods" }>;

interface PodView {
  spec?: { containers?: { name: string }[]; initContainers?: { name: string }[] };
  status?: {
    phase?: string;
    startTime?: string;
    conditions?: { type: string; status: string }[];
  };
}

/** What a selector finds at most: a list for people. */
const MAX_PODS = 500;

/** The pods of a selector, in brief. */
export async function servePods(stream: Stream, target: PodsTarget, kube: Kube): Promise<void> {
  const { items } = await kube.list(
    { apiVersion: "v1", kind: "Pod" },
    {
      namespace: segment(target.namespace),
      labelSelector: target.selector,
      limit: MAX_PODS,
      signal: stream.signal,
      auditId: auditId(stream.open.correlationId, stream.open.s),
      timeoutMs: stream.open.deadlineMs,
    },
  );
  const body = Buffer.from(JSON.stringify({ items: items.map(summary) }));
  stream.opened(200, [["content-type", "application/json"]]);
  await stream.write({ bytes: body, messageEnd: false, text: false });
  stream.end();
}

function summary(pod: LiveObject) {
  const { spec, status } = pod as PodView;
  const ready = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
  return {
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? "",
    phase: status?.phase ?? "Unknown",
    ready: ready ?? false,
    containers: (spec?.containers ?? []).map(({ name }) => name),
    ...(status?.startTime ? { startedAt: status.startTime } : {}),
  };
}
