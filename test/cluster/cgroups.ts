import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "../lib/until.ts";

/** The folders of the control group of this name, in each hierarchy of the machine that has it. */
export function cgroupFolders(name: string): string[] {
  return readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields[2] === "cgroup" || fields[2] === "cgroup2")
    .map((fields) => join(fields[1] ?? "", name))
    .filter((folder) => existsSync(folder));
}

/** Removes the group and all below it. The kernel empties groups a moment after their processes went. */
export async function removeCgroup(name: string): Promise<void> {
  for (const folder of cgroupFolders(name)) {
    await until(`control group ${folder} to be free`, () => removeTree(folder), {
      deadlineMs: 30_000,
      everyMs: 20,
    });
  }
}

function removeTree(folder: string): boolean {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  rmdirSync(folder);
  return true;
}
