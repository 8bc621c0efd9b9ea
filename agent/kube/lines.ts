import { KubeError } from "./errors.ts";

/** etcd holds objects of up to 1.5 MiB; as JSON with an event around it they stay well below this. */
const LINE_MAX_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Cuts a byte stream into lines, whatever way it was split into chunks, UTF-8 sequences included. */
export interface LineDecoder {
  /** The lines that this chunk completes, without empty ones. What a stream leaves unfinished is never given out. */
  push(chunk: Buffer): string[];
}

export function createLineDecoder(maxBytes: number = LINE_MAX_BYTES): LineDecoder {
  let parts: Buffer[] = [];
  let held = 0;
  return {
    push(chunk) {
      const lines: string[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        parts.push(chunk.subarray(from, at));
        // Decoded as a whole line: a chunk's end may cut a character, a newline never does.
        const line = parts.length === 1 ? parts[0] : Buffer.concat(parts);
        if (line && line.length > 0) lines.push(line.toString("utf8"));
        parts = [];
        held = 0;
        from = at + 1;
      }
      const rest = chunk.subarray(from);
      held += rest.length;
      if (held > maxBytes) throw tooLong(maxBytes);
      if (rest.length > 0) parts.push(rest);
      return lines;
    },
  };
}

function tooLong(maxBytes: number): KubeError {
  const init = { kind: "tooLarge", status: 0, reason: "TooLarge" } as const;
  return new KubeError(`a watch event is larger than ${maxBytes} bytes`, init);
}
