/**
 * Checks an export of an audit log by itself, without a manager: `npm run audit:verify -- FILE [--key KEY]… [--previous
 * CHECKPOINT-FILE]…`. Exit code 0: it is what it claims to be; 1: it is not; 2: it cannot be read.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { VerifyReport } from "../domain/audit/report.ts";
import { Verifier } from "../domain/audit/verify.ts";

const USAGE = `npm run audit:verify -- FILE [--key KEY]... [--previous CHECKPOINT-FILE]... [--json]

  FILE        what GET .../audit:export gave; - for standard input
  --key       a public key of the log that you trust (GET .../audit:keys), else those that the file names
  --previous  a checkpoint that you kept (GET .../audit:checkpoint): the log must continue it
  --json      the result as one JSON line`;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

interface Options {
  file: string;
  keys: string[];
  previous: string[];
  json: boolean;
}

async function options(): Promise<Options> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: "string", multiple: true },
      previous: { type: "string", multiple: true },
      json: { type: "boolean" },
    },
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new Error("one file is verified");
  const previous = await Promise.all((values.previous ?? []).map((path) => readFile(path, "utf8")));
  return { file, keys: values.key ?? [], previous, json: values.json ?? false };
}

async function verify({ file, keys, previous }: Options): Promise<VerifyReport> {
  const verifier = new Verifier({ sha256, keys, previous });
  const input = file === "-" ? process.stdin : createReadStream(file);
  const failed = new Promise<never>((_resolve, reject) => input.once("error", reject));
  const read = async () => {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      await verifier.take(line);
    }
  };
  await Promise.race([read(), failed]);
  return verifier.end();
}

function print(report: VerifyReport): void {
  const { log, entries, mutations, checkpoints, covered, root, problems, remarks } = report;
  console.log(`log ${log}: ${entries} entries, ${mutations} mutations, root ${root}`);
  console.log(`${checkpoints} checkpoints hold, the newest over the first ${covered} entries`);
  for (const remark of remarks) console.log(`note: ${remark}`);
  for (const problem of problems) console.log(`WRONG: ${problem}`);
  console.log(
    problems.length === 0 ? "OK" : `${problems.length} problems: this log is not what it claims to be`,
  );
}

try {
  const given = await options();
  const report = await verify(given);
  if (given.json) console.log(JSON.stringify(report));
  else print(report);
  process.exitCode = report.problems.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  process.exitCode = 2;
}
