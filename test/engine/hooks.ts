import { createReflector, type Kube } from "../../agent/kube/index.ts";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { until } from "../lib/until.ts";
import { isGone } from "../operator/fixture.ts";

const JOB = { apiVersion: "batch/v1", kind: "Job" };

/** Hooks: Jobs that complete at once, and are removed by their TTL as soon as they have one. */
export const hook = (
  name: string,
  command: string,
  applyPolicy: GraphNode["applyPolicy"] = { mode: "Create" },
): GraphNode =>
  ({
    id: name,
    object: {
      ...{ ...JOB, metadata: { name } },
      spec: {
        ...{ completions: 0, parallelism: 0, ttlSecondsAfterFinished: 0 },
        template: {
          spec: { restartPolicy: "Never", containers: [{ name: "x", image: "x:1", command: [command] }] },
        },
      },
    },
    applyPolicy,
  }) as GraphNode;

/** Follows the Jobs of a namespace. */
export async function watchHooks(kube: Kube, namespace: string) {
  /** UIDs of all that ever were, by name. */
  const made = new Map<string, Set<string>>();
  const jobs = createReflector(kube, { type: JOB, namespace });
  const note = ({ metadata: { name, uid } }: { metadata: { name: string; uid: string } }) =>
    made.set(name, new Set([...(made.get(name) ?? []), uid]));
  jobs.on({ added: note, updated: note });
  await jobs.synced;
  return {
    runsOf: (name: string): number => made.get(name)?.size ?? 0,
    gone: (name: string) =>
      until(`job ${name} has gone`, () => isGone(kube, { ...JOB, namespace, name }), { deadlineMs: 60_000 }),
    stop: () => jobs.stop(),
  };
}
