import type { Checkpoint } from "./checkpoint.ts";
import type { Hash } from "./merkle.ts";
import { sameHash } from "./proof.ts";

/** What somebody says that the log's head was at some size. */
export interface Claim {
  whose: string;
  checkpoint: Checkpoint;
  /** By a key that counts. */
  signed: boolean;
}

/** Checkpoints on their way to the size that they speak of. One that nobody known signed must hold all the same. */
export class Claims {
  #open: Claim[] = [];
  /** Those that hold: signed ones, and others. */
  signed = 0;
  unsigned = 0;
  /** Entries up to which a signed one vouches for the log. */
  covered = 0;

  add(claim: Claim): void {
    this.#open.push(claim);
  }

  awaits(size: number): boolean {
    return this.#open.some(({ checkpoint }) => checkpoint.size === size);
  }

  /** The log has so many entries now. @returns what is wrong */
  settle(size: number, root: Hash): string[] {
    const due = this.#open.filter(({ checkpoint }) => checkpoint.size === size);
    this.#open = this.#open.filter(({ checkpoint }) => checkpoint.size !== size);
    const wrong = due.filter(({ checkpoint }) => !sameHash(checkpoint.root, root));
    for (const { signed } of due.filter((claim) => !wrong.includes(claim))) {
      if (signed) this.signed += 1;
      else this.unsigned += 1;
      if (signed) this.covered = size;
    }
    return wrong.map(
      ({ whose }) => `${whose} of ${size} entries has another root: an entry was changed after it was signed`,
    );
  }

  /** The log has ended. @returns what is wrong */
  end(size: number): string[] {
    const missing = this.#open.map(
      ({ whose, checkpoint }) =>
        `${whose} is of ${checkpoint.size} entries, the file has ${size}: the tail is missing`,
    );
    const none = size > 0 && this.signed === 0;
    return none ? [...missing, "no checkpoint is signed by a key of the log"] : missing;
  }
}
