/** What the programs of a cluster said last, for an error message. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LINES = 6;

export function lastWords(directory: string): string {
  const folder = join(directory, "logs");
  return readdirSync(folder)
    .filter((file) => file !== "audit.log")
    .map((file) => {
      const lines = readFileSync(join(folder, file), "utf8").trimEnd().split("\n").slice(-LINES);
      return `--- ${file}\n${lines.join("\n")}`;
    })
    .join("\n");
}
