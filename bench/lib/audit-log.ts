import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { NAMESPACE, RELEASE } from "../../test/services/agent-chart.ts";

/** The agent, also where it acts as an applier: the log names both. */
const AGENT = `system:serviceaccount:${NAMESPACE}:${RELEASE}`;
const CHANGING = ["create", "update", "patch", "delete", "deletecollection"];
/** A watch is one request for as long as it lasts, and no reading of an object. */
const READING = ["get", "list"];
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

/** Requests of the agent to read an object or a list, its Lease's left out. */
export type Reads = Omit<Writes, "events">;

/** The API server's audit log: what was asked between two moments, whatever became of it. */
export interface AuditLog {
  /** The log's end now. */
  mark(): number;
  writesSince(mark: number): Writes;
  readsSince(mark: number): Reads;
}

export function auditLog(file: string): AuditLog {
  const eventsSince = (mark: number): AuditEvent[] => {
    const text = between(file, mark, (size, fd) => {
      const buffer = Buffer.alloc(size - mark);
      readSync(fd, buffer, 0, buffer.length, mark);
      return buffer.toString("utf8");
    });
    // A last line without its end is still being written.
    const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as AuditEvent);
  };
  return {
    mark: () => between(file, 0, (size) => size),
    writesSince: (mark) => countOf(eventsSince(mark)),
    readsSince(mark) {
      const kinds = kindsOf(eventsSince(mark).filter(isRead));
      return { total: sum(Object.values(kinds)), kinds };
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
  const kinds = kindsOf(events.filter(isWrite));
  const ofEvents = Object.entries(kinds).filter(([kind]) => kind.endsWith(` ${EVENT}`));
  return { total: sum(Object.values(kinds)), events: sum(ofEvents.map(([, count]) => count)), kinds };
}

function kindsOf(events: AuditEvent[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { verb, objectRef } of events) {
    const { resource = "?", subresource } = objectRef ?? {};
    const kind = `${verb} ${resource}${subresource ? `/${subresource}` : ""}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);

const isRead = ({ stage, verb, user, objectRef }: AuditEvent): boolean =>
  stage === "ResponseComplete" &&
  user.username === AGENT &&
  READING.includes(verb) &&
  objectRef !== undefined &&
  objectRef.resource !== LEASE;

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
