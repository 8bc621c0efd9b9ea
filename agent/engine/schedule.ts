import type { Graph } from "./model.ts";

/**
 * Which nodes may start. A node starts when its own dependencies are done; there are no waves. A node that fails is
 * simply never done: it holds back its dependants and nothing else.
 */
export interface Schedule {
  /** Ids without dependencies. */
  readonly first: readonly string[];
  /** Marks it done; the ids that nothing holds back any more. Marking twice frees nothing. */
  done(id: string): string[];
  isDone(id: string): boolean;
  isFree(id: string): boolean;
  /** Dependencies that are not done. */
  blockers(id: string): string[];
}

export function createSchedule(graph: Graph): Schedule {
  const missing = new Map<string, number>();
  for (const id of graph.order) missing.set(id, graph.nodes.get(id)?.dependsOn.length ?? 0);
  const finished = new Set<string>();

  return {
    first: graph.order.filter((id) => missing.get(id) === 0),
    done(id) {
      if (finished.has(id)) return [];
      finished.add(id);
      const free: string[] = [];
      for (const dependant of graph.dependants.get(id) ?? []) {
        const left = (missing.get(dependant) ?? 0) - 1;
        missing.set(dependant, left);
        if (left === 0) free.push(dependant);
      }
      return free;
    },
    isDone: (id) => finished.has(id),
    isFree: (id) => missing.get(id) === 0,
    blockers: (id) => graph.nodes.get(id)?.dependsOn.filter((needed) => !finished.has(needed)) ?? [],
  };
}
