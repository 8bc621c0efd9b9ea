import { createHash } from "node:crypto";
import type { EventInput, EventRecorderOptions } from "./event-types.ts";
import { microTime } from "./lease.ts";
import type { KubeObject, ObjectRef } from "./objects.ts";

const NOTE_MAX_BYTES = 1_024;

/** Events with equal keys say the same thing of the same object. */
export function seriesKey(input: EventInput): string {
  const related = input.related ? objectOf(input.related) : "";
  return JSON.stringify([objectOf(input.regarding), input.type, input.reason, input.action, related]);
}

export function objectOf(object: EventInput["regarding"] | ObjectRef): string {
  return JSON.stringify(referenceTo(object));
}

function referenceTo(object: EventInput["regarding"] | ObjectRef): Record<string, string> {
  const source: { name?: string; namespace?: string; uid?: string } = isObject(object)
    ? object.metadata
    : object;
  const { name = "", namespace, uid } = source;
  const { apiVersion, kind } = object;
  return { apiVersion, kind, name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) };
}

function isObject(object: EventInput["regarding"] | ObjectRef): object is KubeObject {
  return "metadata" in object;
}

/** @param wall milliseconds since the epoch */
export function eventObject(
  input: EventInput,
  options: EventRecorderOptions,
  wall: number,
  key: string,
): KubeObject {
  const regarding = referenceTo(input.regarding);
  const suffix = createHash("sha256")
    .update(`${key}${wall}${options.reportingInstance}`)
    .digest("hex")
    .slice(0, 16);
  // Names of objects may use all 253 characters; the event's must still fit.
  const name = `${(regarding.name ?? "")
    .slice(0, 200)
    .replace(/[^a-z0-9.-]/g, "-")
    .replace(/[^a-z0-9]+$/, "")}.${suffix}`;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: {
      name: name.replace(/^[^a-z0-9]+/, ""),
      namespace: regarding.namespace ?? options.defaultNamespace ?? "default",
    },
    eventTime: microTime(wall),
    reportingController: options.reportingController,
    reportingInstance: options.reportingInstance.slice(0, 128),
    type: input.type,
    reason: input.reason.slice(0, 128),
    action: input.action.slice(0, 128),
    note: cutUtf8(input.note, NOTE_MAX_BYTES),
    regarding,
    ...(input.related ? { related: referenceTo(input.related) } : {}),
  };
}

/** At most `max` bytes of UTF-8, never half a character. */
export function cutUtf8(text: string, max: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= max) return text;
  let end = max;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString("utf8");
}
