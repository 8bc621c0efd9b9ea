/**
 * What is counted, by name: `cluster.requests`, `d1.rowsWritten`. All objects of a Worker share one isolate in a local
 * runtime, so one table holds everything.
 */
const counts = new Map<string, number>();

export const count = (name: string, by = 1): void => {
  counts.set(name, (counts.get(name) ?? 0) + by);
};

export const totals = (): Record<string, number> => Object.fromEntries([...counts].sort());
