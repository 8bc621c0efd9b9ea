/**
 * `node scripts/events-compat.ts`: refuses a change that breaks an event schema that has landed. With `--land` it writes
 * the present schemas into protocol/events/landed.json, where nothing breaks.
 */
import { breakingChanges } from "../protocol/events/compat.ts";
import { currentSchemas, readLanded, writeLanded } from "./events.ts";

const landed = readLanded();
const current = currentSchemas();
const broken = breakingChanges(landed, current);
for (const reason of broken) process.stderr.write(`breaks: ${reason}\n`);
if (broken.length > 0) {
  process.stderr.write("Give the event a new version in protocol/events/catalogue.ts.\n");
  process.exit(1);
}
if (process.argv.includes("--land")) writeLanded({ ...landed, ...current });
process.stderr.write(`${Object.keys(current).length} event schemas break nothing\n`);
