import type { PlacedEntry } from "../../domain/audit/csv.ts";
import type { Env } from "../env.ts";
import { auditStub } from "../store/database.ts";
import { revealed } from "./personal.ts";

const LEAVES_AT_ONCE = 500;

/** A time range of a log; both ends are milliseconds since 1970, `until` is not included. */
export interface Period {
  since: number | null;
  until: number | null;
}

/**
 * Entries of a time range in the order of the log, bundles of R2 included, each with its address where that is readable.
 * @param isWanted which of them
 */
export async function* entriesOfPeriod(
  env: Env,
  log: string,
  { since, until }: Period,
  isWanted: (entry: PlacedEntry) => boolean = () => true,
): AsyncGenerator<PlacedEntry[]> {
  const stub = auditStub(env, log);
  const { from, to } = await stub.range(since, until);
  for (let index = from; index < to; ) {
    const leaves = (await stub.leaves(index, LEAVES_AT_ONCE)).filter((each) => each.index < to);
    const last = leaves.at(-1);
    if (!last) return;
    index = last.index + 1;
    const entries = leaves.map((each): PlacedEntry => ({ index: each.index, ...JSON.parse(each.leaf) }));
    const within = entries.filter((entry) => {
      const at = Date.parse(entry.time);
      return (since === null || at >= since) && (until === null || at < until) && isWanted(entry);
    });
    if (within.length > 0) yield await revealed(env, within);
  }
}

/** Texts as a body that is made as fast as it is taken. */
export function streamOf(texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await texts.next();
      if (done) controller.close();
      else controller.enqueue(utf8.encode(value));
    },
    cancel: () => void texts.return(undefined),
  });
}
