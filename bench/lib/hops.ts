import { readFileSync } from "node:fs";
import { percentile, round } from "./figures.ts";

/** What the breakdown needs of an entry of the API server's audit log. */
interface Entry {
  stage: string;
  verb: string;
  requestReceivedTimestamp: string;
  objectRef?: { resource: string; subresource?: string; name?: string };
}

/** Milliseconds since 1970 of the steps of one change, in their order. */
export type Steps = Record<string, number | undefined>;

/** Writes on the way from the custom resource to the workload, and what each is named after its app. */
const WRITES: Record<string, { resource: string; nameOf: (app: string) => string }> = {
  "NovaApp written": { resource: "novaapps", nameOf: (app) => app },
  "graph written": { resource: "resourcegraphs", nameOf: (app) => `app-${app}` },
  "Deployment written": { resource: "deployments", nameOf: (app) => app },
};

export interface Change {
  /** Of the app. */
  name: string;
  sent: number;
  stored: number;
}

/** When the API server received the first write of each kind for a change, by its audit log. */
export function writesOf(auditLog: string, changes: readonly Change[]): Steps[] {
  const entries = readFileSync(auditLog, "utf8")
    .split("\n")
    .filter((line) => line.includes('"ResponseComplete"'))
    .map((line) => JSON.parse(line) as Entry)
    .filter(({ verb, objectRef }) => (verb === "patch" || verb === "create") && !objectRef?.subresource)
    .map(({ objectRef, requestReceivedTimestamp }) => ({
      resource: objectRef?.resource,
      name: objectRef?.name,
      at: Date.parse(requestReceivedTimestamp),
    }));
  return changes.map((change) => {
    const first = ({ resource, nameOf }: { resource: string; nameOf: (app: string) => string }) =>
      entries.find(
        (entry) =>
          entry.resource === resource &&
          entry.name === nameOf(change.name) &&
          entry.at >= Math.floor(change.sent) &&
          entry.at <= change.stored,
      )?.at;
    return Object.fromEntries(Object.entries(WRITES).map(([step, write]) => [step, first(write)]));
  });
}

/** `step p50/p99` in milliseconds since the change was sent, of the changes that have the step. */
export function describeSteps(changes: readonly (Steps & { sent: number })[]): string {
  const names = Object.keys(changes[0] ?? {}).filter((name) => name !== "sent");
  return names
    .map((name) => {
      const times = changes.flatMap((change) => {
        const at = change[name];
        return at === undefined ? [] : [at - change.sent];
      });
      return `${name} ${round(percentile(times, 0.5))}/${round(percentile(times, 0.99))} (${times.length})`;
    })
    .join(", ");
}
