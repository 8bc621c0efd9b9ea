import type { Host } from "./host.ts";
import type { Held } from "./inventory.ts";
import type { NodeRun } from "./node-run.ts";

/**
 * Notes what the last apply of a node sent, and what the server answered; what else is known of it stays: how it may go
 * says the newest graph, which may have come while this was under way.
 */
export function recordApplied(host: Host, one: NodeRun, { uid, live }: { uid: string; live: string }): void {
  const { key, ref, orphan } = one.node;
  const { run: _r, done: _d, adopted, ...held }: Partial<Held> = host.inventory.get(key) ?? {};
  const run = one.runId ? { run: one.runId } : {};
  // One that was made anew in its place was not there before the graph.
  const same = held.uid === uid && adopted ? { adopted } : {};
  host.inventory.set(key, { orphan, ...held, key, ref, uid, applied: one.hash, live, ...run, ...same });
}
