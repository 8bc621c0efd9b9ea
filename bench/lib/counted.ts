import { untilStill } from "../../test/lib/until.ts";
import { type Manager, startManager } from "../../test/manager/start.ts";

export type Counts = Record<string, number>;
type Kind = "CLUSTER" | "FLEET";

/** The manager of bench/counted: everything that is billed is counted in it. */
export interface CountedManager extends Manager {
  /** URL without wrangler's proxy before it. */
  direct: string;
  counts(): Promise<Counts>;
  /** What a piece of work costs, until nothing has been counted for `quietMs`. */
  costOf(work: () => Promise<unknown>, quietMs?: number): Promise<Counts>;
  /** Has an object's alarm fire now. @param kind its binding */
  ripen(kind: Kind, name: string): Promise<void>;
  /** When an object's alarm fires, in milliseconds since 1970; null where none stands. */
  alarmOf(kind: Kind, name: string): Promise<number | null>;
  /** Does what the schedule does at a time, in milliseconds since 1970. */
  cron(at: number): Promise<void>;
  sql<T>(statement: string): Promise<T[]>;
}

/** Longer than a delivery's alarm (2 s) and the agent's next report take. */
const QUIET_MS = 4_000;
const LOOK_EVERY_MS = 250;
const QUIET_LIMIT_MS = 180_000;

export async function startCounted(): Promise<CountedManager> {
  const manager = await startManager({ worker: "bench/counted" });
  const direct = await manager.directUrl();
  const ask = async <T>(path: string, method = "GET", body?: string): Promise<T> => {
    const answer = await fetch(`${direct}/count${path}`, { method, ...(body ? { body } : {}) });
    if (!answer.ok) throw new Error(`/count${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const counts = () => ask<Counts>("");
  return {
    ...manager,
    direct,
    counts,
    async costOf(work, quietMs = QUIET_MS) {
      const before = await counts();
      await work();
      return minus(await settled(counts, quietMs), before);
    },
    ripen: (kind, name) => ask(`/ripen?kind=${kind}&name=${name}`, "POST"),
    alarmOf: async (kind, name) => (await ask<{ at: number | null }>(`/alarm?kind=${kind}&name=${name}`)).at,
    cron: (at) => ask(`/cron?at=${at}`, "POST"),
    sql: async <T>(statement: string) => (await ask<{ results: T[] }>("/sql", "POST", statement)).results,
  };
}

const settled = (counts: () => Promise<Counts>, stillMs: number): Promise<Counts> =>
  untilStill("the manager is at rest", counts, {
    stillMs,
    deadlineMs: QUIET_LIMIT_MS,
    everyMs: LOOK_EVERY_MS,
  });

const names = (...all: Counts[]): string[] => [...new Set(all.flatMap((each) => Object.keys(each)))].sort();

export const minus = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(names(a, b).map((name) => [name, (a[name] ?? 0) - (b[name] ?? 0)]));

/** The sum of counts, each so many times. */
export const sumOf = (...parts: [counts: Counts, times: number][]): Counts => {
  const all = names(...parts.map(([counts]) => counts));
  return Object.fromEntries(
    all.map((name) => [name, parts.reduce((sum, [counts, times]) => sum + (counts[name] ?? 0) * times, 0)]),
  );
};
