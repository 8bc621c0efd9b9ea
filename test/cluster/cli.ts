/** npm run cluster -- up|down|list|kubeconfig NAME: see `usage`. */

import { parseArgs } from "node:util";
import { UsageError } from "./errors.ts";
import { down, ensureBinaries, find, list, up } from "./index.ts";
import { type NodeType, parseSwitches } from "./options.ts";

const usage = `usage: npm run cluster -- COMMAND

  up [NAME] [--node real|kwok|none] [--audit] [--feature-gates A=true,B=false] [--runtime-config G/V=true]
                     bring a cluster up and print the path of its kubeconfig
  down [NAME]|--all  end it, or all, and remove everything of it
  list               names, node types and addresses
  kubeconfig [NAME]  print the path of its kubeconfig
  build              build the programs now, so that no later command has to wait

NAME is "dev" unless given. docs/test-cluster.md says more.
`;

const flags = {
  node: { type: "string" },
  audit: { type: "boolean" },
  all: { type: "boolean" },
  "feature-gates": { type: "string" },
  "runtime-config": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

function parse() {
  try {
    return parseArgs({ options: flags, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

type Flags = ReturnType<typeof parse>["values"];

const commands: Record<string, (name: string, flags: Flags) => Promise<void>> = {
  async up(name, { node, audit, "feature-gates": gates, "runtime-config": runtime }) {
    const cluster = await up({
      name,
      node: node as NodeType | undefined,
      audit,
      featureGates: gates === undefined ? {} : parseSwitches("feature-gates", gates),
      runtimeConfig: runtime === undefined ? {} : parseSwitches("runtime-config", runtime),
    });
    const { server, gateway, registry, auditLog, kubectl } = cluster;
    process.stderr.write(`cluster: ${name} is up at ${server}, node: ${cluster.node}\n`);
    process.stderr.write(`cluster: this machine is ${gateway} to its pods\n`);
    if (registry) process.stderr.write(`cluster: images are pushed to and pulled from ${registry}\n`);
    if (auditLog) process.stderr.write(`cluster: audit log ${auditLog}\n`);
    process.stderr.write(`cluster: kubectl is ${kubectl}\n`);
    process.stdout.write(`${cluster.kubeconfig}\n`);
  },
  async down(name, { all }) {
    for (const one of all ? (await list()).map((listed) => listed.name) : [name]) {
      await down(one);
      process.stderr.write(`cluster: ${one} is down\n`);
    }
  },
  async list() {
    for (const { name, node, server, healthy } of await list()) {
      process.stdout.write(`${name}\t${node}\t${healthy ? "ready" : "broken"}\t${server}\n`);
    }
  },
  async kubeconfig(name) {
    process.stdout.write(`${(await find(name)).kubeconfig}\n`);
  },
  async build() {
    await ensureBinaries();
  },
};

async function main(): Promise<number> {
  try {
    const { values, positionals } = parse();
    const [command = "", name = "dev", ...rest] = positionals;
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    const chosen = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (!chosen) throw new UsageError(`unknown command "${command}"\n\n${usage}`);
    if (rest.length > 0) throw new UsageError(`too many arguments: ${rest.join(" ")}`);
    await chosen(name, values);
    return 0;
  } catch (error) {
    process.stderr.write(`cluster: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main();
