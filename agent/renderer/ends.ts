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

/**
 * `fatal error: runtime: out of memory`, and where a queue of its collector could not be made, as Go 1.26's goes on with: a
 * null pointer of the runtime itself. One of the program's own is a panic, and said to be.
 */
const OUT_OF_MEMORY =
  /out of memory|cannot allocate memory|^SIGSEGV: segmentation violation\nPC=\S+ m=\d+ sigcode=\d+ addr=0x0$/m;

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  words: string;
  spawnError: Error | undefined;
}

/** Go says `fatal error: stack overflow`, `panic: …`, and more where it has no memory. */
export function endOf({ code, signal, words, spawnError }: Exit): ChildEnded {
  const [first = ""] = words.split("\n", 1);
  if (spawnError)
    return new ChildEnded("failed-to-start", `the renderer does not start: ${spawnError.message}`);
  if (code !== null && NO_START.includes(code)) {
    return new ChildEnded("failed-to-start", `the renderer does not start: ${first}`);
  }
  if (OUT_OF_MEMORY.test(words)) {
    return new ChildEnded("out-of-memory", "it needs more memory than a render may have");
  }
  if (signal !== null && first === "") return new ChildEnded("killed", `the renderer was ended by ${signal}`);
  return new ChildEnded("crashed", `the renderer crashed: ${first || `exit code ${code}`}`);
}
