import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../manager/bundle.ts";
import { AGENT_PROGRAMS, agentProgram, goProgram } from "./go-binary.ts";

/** Path of the renderer's binary (agent/renderer), built first where it has to be. */
export const rendererBinary = (): Promise<string> => agentProgram("renderer");

/** Path of the `cue` command of the version that the renderer is made of: to compare with, and to write modules with. */
export function cueCommand(): Promise<string> {
  const source = join(ROOT, AGENT_PROGRAMS.renderer);
  const goMod = readFileSync(join(source, "go.mod"), "utf8");
  const [, version] = /cuelang\.org\/go (v\S+)/.exec(goMod) ?? [];
  return goProgram({
    ...{ name: "cue", source, inputs: ["go.mod"] },
    command: (flags, folder) => ({
      args: ["install", ...flags, `cuelang.org/go/cmd/cue@${version}`],
      env: { GOBIN: folder },
    }),
  });
}
