import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "./lock.ts";
import { identify } from "./processes.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubenova-lock-"));
  file = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = () => {};

test("work under a lock never overlaps", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(file, 10, never, work)));
  expect(most).toBe(1);
});

test("a lock is free again after work that failed", async () => {
  await expect(withLock(file, 1, never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(file)).toBe(false);
});

test("the lock of a process that is gone is void", async () => {
  const gone = spawn("sleep", ["60"]);
  writeFileSync(file, JSON.stringify(identify(gone.pid ?? 0)));
  const exited = once(gone, "exit");
  gone.kill("SIGKILL");
  await exited;
  expect(await withLock(file, 5, never, async () => "done")).toBe("done");
});

test("a lock that a living process holds is waited for, and whose it is gets told", async () => {
  const holder = spawn("sleep", ["60"]);
  writeFileSync(file, JSON.stringify(identify(holder.pid ?? 0)));
  const exited = once(holder, "exit");
  const told: number[] = [];
  const onWait = (pid: number) => {
    told.push(pid);
    holder.kill("SIGKILL");
  };
  expect(await withLock(file, 10, onWait, async () => "done")).toBe("done");
  expect(told).toEqual([holder.pid]);
  await exited;
});
