/**
 * `node scripts/go.ts check`: format and `go vet` of the agent's programs in Go. `node scripts/go.ts test`: their tests, one
 * JSON event a line. Exit code 1 where anything fails.
 */
import { join } from "node:path";
import { attempt } from "../test/cluster/run.ts";
import { ROOT } from "../test/manager/bundle.ts";
import { AGENT_PROGRAMS, runGo } from "../test/services/go-binary.ts";

async function check(source: string): Promise<boolean> {
  // `go fmt` would write; gofmt is beside go, wherever that is.
  const { stdout: root } = await runGo(source, ["env", "GOROOT"]);
  const format = await attempt(`${root.trim()}/bin/gofmt`, ["-l", source]);
  const vet = await runGo(source, ["vet", "./..."]);
  const unformatted = format.stdout && `not formatted:\n${format.stdout}`;
  process.stdout.write([unformatted, format.stderr, vet.stdout, vet.stderr].join(""));
  return format.stdout === "" && format.code === 0 && vet.code === 0;
}

async function test(source: string): Promise<boolean> {
  const { stdout, stderr, code } = await runGo(source, ["test", "-json", "./..."]);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return code === 0;
}

const commands: Record<string, (source: string) => Promise<boolean>> = { check, test };
const command = commands[process.argv[2] ?? ""];
if (!command) {
  process.stderr.write("usage: node scripts/go.ts check|test\n");
  process.exit(2);
}
for (const folder of Object.values(AGENT_PROGRAMS)) {
  if (!(await command(join(ROOT, folder)))) process.exitCode = 1;
}
