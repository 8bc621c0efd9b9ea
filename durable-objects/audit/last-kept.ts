import { type Checkpoint, checkpointPrefix, parseCheckpoint } from "../../domain/audit/checkpoint.ts";
import { parseNote } from "../../domain/audit/signed-note.ts";

const DIGITS = 15;

/** The first kept checkpoint of a log over at least so many entries: its object's name. */
export async function keptFrom(bucket: R2Bucket, log: string, size: number): Promise<string | undefined> {
  const prefix = checkpointPrefix(log);
  const startAfter = `${prefix}${String(size).padStart(DIGITS, "0")}`;
  const { objects } = await bucket.list({ prefix, startAfter, limit: 1 });
  return objects[0]?.key;
}

/**
 * The last kept checkpoint of a log over at most so many entries: its object's name. R2 lists forwards alone, so it is
 * searched for by halves; no list is read whole.
 */
export async function lastKept(bucket: R2Bucket, log: string, most: number): Promise<string | undefined> {
  const sizeOf = (name: string) => Number(name.slice(checkpointPrefix(log).length).slice(0, DIGITS));
  let last: string | undefined;
  for (let [from, to] = [0, most]; from <= to; ) {
    const probe = last === undefined ? 0 : Math.ceil((from + to) / 2);
    const found = await keptFrom(bucket, log, probe);
    const isOne = found !== undefined && sizeOf(found) <= most;
    if (!isOne && last === undefined) return undefined;
    if (isOne) {
      last = found;
      from = sizeOf(found) + 1;
    } else to = probe - 1;
  }
  return last;
}

/** @returns undefined where the text is no checkpoint */
export const checkpointOf = (note: string): Checkpoint | undefined =>
  parseCheckpoint(parseNote(note)?.text ?? "");
