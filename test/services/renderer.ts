import { agentProgram } from "./go-binary.ts";

/** Path of the renderer's binary (agent/renderer), built first where it has to be. */
export const rendererBinary = (): Promise<string> => agentProgram("renderer");
