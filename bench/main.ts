/** `npm run -s bench -- NAME`: runs bench/NAME.ts, which prints progress to stderr and one JSON line to stdout. */
import { readdirSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A benchmark's own fields; `bench` and `machine` are added here. */
export interface Benchmark {
  run(): Promise<Record<string, number | string>>;
}

const folder = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.slice(0, -".bench.ts".length))
  .sort();

const name = process.argv[2];
if (name === undefined || !names.includes(name)) {
  process.stderr.write(
    `${name === undefined ? "" : `no benchmark named ${name}\n`}usage: npm run -s bench -- NAME\n`,
  );
  for (const each of names) process.stderr.write(`  ${each}\n`);
  process.exit(2);
}

const { run } = (await import(join(folder, `${name}.bench.ts`))) as Benchmark;
const machine = `${cpus().length} x ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`;
const fields = await run();
process.stdout.write(`${JSON.stringify({ bench: name, machine, ...fields })}\n`);
process.exit(0);
