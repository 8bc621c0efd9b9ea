import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endWithParent } from "../lib/process.ts";
import { pythonHome } from "../lib/python.ts";
import type { Document } from "./operations.ts";

const REQUIREMENTS = join(dirname(fileURLToPath(import.meta.url)), "requirements.txt");

/** Schemathesis in a Python environment of its own. @returns the program */
export const installSchemathesis = async (): Promise<string> =>
  join(await pythonHome("schemathesis", REQUIREMENTS), "bin/st");

/**
 * What must hold of every answer. Left out are checks that hold a document to more than OpenAPI can say: that each
 * request which its schemas allow succeeds (an If-Match of yesterday does not).
 */
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "allow_header_conformance",
  "unsupported_method",
  "ignored_auth",
];

/**
 * A cluster that the attack itself registered has no agent, and says so with 503; a host of the attack's own invention is
 * not there, and the manager says so with 502. The recorder knows these from others.
 */
const CONFIG = `[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 502, 503]
`;

export interface AttackOptions {
  document: Document;
  url: string;
  token: string;
  seed: number;
  /** Cases an operation, in each phase that makes them up. */
  examples: number;
  phases: string[];
  /** Where it keeps its files. */
  dir: string;
}

/** Attacks each operation of the OpenAPI document. @returns exit code, and all that it wrote */
export async function attackApi(options: AttackOptions): Promise<{ code: number; output: string }> {
  const program = await installSchemathesis();
  const file = join(options.dir, "openapi.json");
  writeFileSync(file, JSON.stringify(options.document));
  writeFileSync(join(options.dir, "schemathesis.toml"), CONFIG);
  const args = [
    ["run", file, "--url", options.url],
    ["--header", `Authorization: Bearer ${options.token}`],
    ["--checks", CHECKS.join(",")],
    ["--phases", options.phases.join(",")],
    ["--max-examples", String(options.examples)],
    ["--seed", String(options.seed)],
    ["--suppress-health-check", "all"],
    ["--generation-database", "none"],
    ["--request-timeout", "30"],
    // One worker: Python 3.11's parser, which Hypothesis uses, breaks where several threads run it.
    ["--workers", "1", "--continue-on-failure", "--no-color"],
  ].flat();
  const child = spawn(program, args, { cwd: options.dir, stdio: ["ignore", "pipe", "pipe"] });
  endWithParent(child);
  let output = "";
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  return { code, output };
}
