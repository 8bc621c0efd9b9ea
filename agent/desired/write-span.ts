import type { ActiveSpan, Tracer } from "../tracing/tracer.ts";
import type { DesiredItem } from "./document.ts";

/** The span of a document's write, in the trace of the change that made it. */
export function writeSpan(tracer: Tracer, item: DesiredItem & { op: "upsert" }): ActiveSpan | undefined {
  const { kind, metadata } = item.resource;
  const attributes = {
    "kubenova.desired_key": item.key,
    "kubenova.desired_revision": item.revision,
    "kubenova.correlation_id": item.correlationId,
    "k8s.namespace.name": metadata.namespace,
  };
  return tracer.start(`write ${kind} ${metadata.name}`, item.traceparent, attributes, "consumer");
}
