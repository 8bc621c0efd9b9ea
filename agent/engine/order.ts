/** Edges: id → ids that it comes after; each id that is named is a key. */
export type Edges = ReadonlyMap<string, readonly string[]>;

/** Ids so that each comes after what it depends on; ties in the order given. Undefined where there is a cycle. */
export function topologicalOrder(edges: Edges): string[] | undefined {
  const missing = new Map<string, number>();
  const dependants = new Map<string, string[]>();
  for (const [id, after] of edges) {
    missing.set(id, after.length);
    for (const needed of after) push(dependants, needed, id);
  }
  const order = [...edges.keys()].filter((id) => missing.get(id) === 0);
  for (let next = 0; next < order.length; next += 1) {
    for (const id of dependants.get(order[next] as string) ?? []) {
      const left = (missing.get(id) ?? 0) - 1;
      missing.set(id, left);
      if (left === 0) order.push(id);
    }
  }
  return order.length === edges.size ? order : undefined;
}

/** One cycle, its first id again at its end; empty where there is none. */
export function findCycle(edges: Edges): string[] {
  const finished = new Set<string>();
  for (const start of edges.keys()) {
    // Every id that is not finished leads on to another, so the walk must come back to itself or finish.
    const path: string[] = [start];
    const onPath = new Set(path);
    while (path.length > 0) {
      const here = path.at(-1) as string;
      const next = edges.get(here)?.find((id) => !finished.has(id));
      if (next === undefined) {
        finished.add(here);
        onPath.delete(here);
        path.pop();
      } else if (onPath.has(next)) {
        return [...path.slice(path.indexOf(next)), next];
      } else {
        path.push(next);
        onPath.add(next);
      }
    }
  }
  return [];
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const held = map.get(key);
  if (held) held.push(value);
  else map.set(key, [value]);
}
