import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { NAMESPACE, RELEASE } from "../../test/services/agent-chart.ts";

/** The agent, also where it acts as an applier: the log names both. */
const AGENT = `system:serviceaccount:${NAMESPACE}:${RELEASE}`;
const CHANGING = ["create", "update", "patch", "delete", "deletecollection"];
const LEASE = "leases";
const EVENT = "events";

interface AuditEvent {
  stage: string;
  verb: string;
  user: { username: string };
  requestURI: string;
  objectRef?: { resource: string; apiGroup?: string; subresource?: string; name?: string };
}

/** Requests of the agent to change something, as the API server saw them. Its Lease is left out, as are dry runs. */
export interface Writes {
  total: number;
  /** Kubernetes Events among them. */
  events: number;
  /** `verb resource/subresource` → how many. */
  kinds: Record<string, number>;
}

/** The API server's audit log: what was asked between two moments, whatever became of it. */
export interface AuditLog {
  /** The log's end now. */
  mark(): number;
  writesSince(mark: number): Writes;
}

export function auditLog(file: string): AuditLog {
  return {
    mark: () => between(file, 0, (size) => size),
    writesSince(mark) {
      const text = between(file, mark, (size, fd) => {
        const buffer = Buffer.alloc(size - mark);
        readSync(fd, buffer, 0, buffer.length, mark);
        return buffer.toString("utf8");
      });
      // A last line without its end is still being written.
      const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
      return countOf(lines.filter((line) => line !== "").map((line) => JSON.parse(line) as AuditEvent));
    },
  };
}

/** @throws where the log was rotated: what is gone cannot be counted */
function between<T>(file: string, mark: number, read: (size: number, fd: number) => T): T {
  const fd = openSync(file, "r");
  try {
    const { size } = fstatSync(fd);
    if (size < mark) throw new Error("the audit log is shorter than it was");
    return read(size, fd);
  } finally {
    closeSync(fd);
  }
}

export function countOf(events: AuditEvent[]): Writes {
  const kinds: Record<string, number> = {};
  for (const event of events.filter(isWrite)) {
    const { resource = "?", subresource } = event.objectRef ?? {};
    const kind = `${event.verb} ${resource}${subresource ? `/${subresource}` : ""}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  const sum = (keys: string[]) => keys.reduce((all, key) => all + (kinds[key] ?? 0), 0);
  const keys = Object.keys(kinds);
  return { total: sum(keys), events: sum(keys.filter((key) => key.endsWith(` ${EVENT}`))), kinds };
}

function isWrite({ stage, verb, user, requestURI, objectRef }: AuditEvent): boolean {
  const isReview = objectRef?.resource.endsWith("reviews") === true;
  return (
    stage === "ResponseComplete" &&
    user.username === AGENT &&
    CHANGING.includes(verb) &&
    objectRef?.resource !== LEASE &&
    !isReview &&
    !new URL(requestURI, "http://api").searchParams.has("dryRun")
  );
}
