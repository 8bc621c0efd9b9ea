/** `node scripts/agent-programs.ts [folder]`: builds the agent's programs in Go and prints their paths; copied into the folder where one is named. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { AGENT_PROGRAMS, type AgentProgram, agentProgram } from "../test/services/go-binary.ts";

const folder = process.argv[2];
if (folder !== undefined) mkdirSync(folder, { recursive: true });
for (const name of Object.keys(AGENT_PROGRAMS) as AgentProgram[]) {
  const binary = await agentProgram(name);
  const shown = folder === undefined ? binary : join(folder, name);
  if (folder !== undefined) copyFileSync(binary, shown);
  process.stdout.write(`${shown}\n`);
}
