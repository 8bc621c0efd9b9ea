/** A lock among processes: a file that names its holder. The lock of a holder that is gone is void. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { until } from "../lib/until.ts";
import { identify, isAlive, type ProcessIdentity } from "./processes.ts";

export async function withLock<T>(
  file: string,
  seconds: number,
  onWait: (holder: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  await until(
    `the lock ${file}`,
    () => {
      const holder = take(file);
      if (holder !== undefined && !told) {
        told = true;
        onWait(holder);
      }
      return holder === undefined;
    },
    { deadlineMs: seconds * 1000, everyMs: 100 },
  );
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Takes the lock, or answers the process id of who has it. */
function take(file: string): number | undefined {
  const mine = identify(process.pid);
  try {
    writeFileSync(file, JSON.stringify(mine), { flag: "wx" });
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const holder = read(file);
  if (holder && isAlive(holder)) return holder.pid;
  discard(file);
  return take(file);
}

/** Moved aside before it is removed: two that find the same void lock must not remove a new one. */
function discard(file: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    const moved = read(aside);
    if (moved && isAlive(moved)) renameSync(aside, file);
    else rmSync(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function read(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
