/** Why a process gave no answer. killed: by somebody else; failed-to-start: it never came to the request. */
export type EndReason =
  | "timeout"
  | "out-of-memory"
  | "too-large"
  | "crashed"
  | "killed"
  | "failed-to-start"
  | "aborted"
  | "stopped";

export class ChildEnded extends Error {
  readonly reason: EndReason;
  constructor(reason: EndReason, message: string) {
    super(message);
    this.name = "ChildEnded";
    this.reason = reason;
  }
}

/** Of main.go where the kernel has no sandbox to offer, and of a shell that finds no program. */
const NO_START = [3, 126, 127];

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  words: string;
  spawnError: Error | undefined;
}

/** Go says `fatal error: runtime: out of memory`, `fatal error: stack overflow`, `panic: …`. */
export function endOf({ code, signal, words, spawnError }: Exit): ChildEnded {
  const [first = ""] = words.split("\n", 1);
  if (spawnError)
    return new ChildEnded("failed-to-start", `the renderer does not start: ${spawnError.message}`);
  if (code !== null && NO_START.includes(code)) {
    return new ChildEnded("failed-to-start", `the renderer does not start: ${first}`);
  }
  if (/out of memory|cannot allocate memory/.test(words)) {
    return new ChildEnded("out-of-memory", "it needs more memory than a render may have");
  }
  if (signal !== null && first === "") return new ChildEnded("killed", `the renderer was ended by ${signal}`);
  return new ChildEnded("crashed", `the renderer crashed: ${first || `exit code ${code}`}`);
}
