import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import type { ExportHeader } from "./export.ts";
import { parseNote, parseVerifier, signatureState, type Verifier } from "./signed-note.ts";

export type Checked = { problem: string } | { checkpoint: Checkpoint; signed: boolean };

/** Whose signatures count: the keys that an auditor brings, else those that the file itself names. */
export class Signatures {
  readonly remarks: string[] = [];
  readonly #trusted: readonly string[];
  #verifiers: Verifier[] = [];

  constructor(trusted: readonly string[]) {
    this.#trusted = trusted;
  }

  /** @returns what is wrong with the keys */
  async begin({ keys, origin }: ExportHeader): Promise<string[]> {
    const problems: string[] = [];
    const own = this.#trusted.length === 0;
    if (own)
      this.remarks.push(
        "signatures are checked by the keys that the file itself names; bring yours with --key",
      );
    for (const text of own ? keys : this.#trusted) {
      const verifier = await parseVerifier(text);
      if (!verifier) problems.push(`'${text}' is not a public key of a checkpoint`);
      else this.#verifiers.push(verifier);
    }
    if (!own && !this.#verifiers.some(({ name }) => name === origin)) {
      problems.push(`none of your keys is of ${origin}`);
    }
    return problems;
  }

  /** What a note says of the log, and whether a key that counts has signed it; or what is wrong with it. */
  async check(text: string, origin: string): Promise<Checked> {
    const note = parseNote(text);
    const checkpoint = note && parseCheckpoint(note.text);
    if (!note || !checkpoint) return { problem: "is no checkpoint" };
    if (checkpoint.origin !== origin) return { problem: `is of ${checkpoint.origin}, the log is ${origin}` };
    const state = await signatureState(note, this.#verifiers);
    if (state === "bad") return { problem: "bears a signature of the log's key that does not hold" };
    return { checkpoint, signed: state === "good" };
  }
}
