/** `node scripts/renderer.ts [folder]`: builds agent/renderer and prints its path; copied into the folder where one is named. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { rendererBinary } from "../test/services/renderer.ts";

const binary = await rendererBinary();
const folder = process.argv[2];
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(binary, join(folder, "renderer"));
}
process.stdout.write(`${folder === undefined ? binary : join(folder, "renderer")}\n`);
