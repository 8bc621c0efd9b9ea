import type { Sha256 } from "./merkle.ts";

export interface VerifyOptions {
  sha256: Sha256;
  /** Public keys that the auditor trusts; those of the file where there are none. */
  keys: readonly string[];
  /** Checkpoints that the auditor kept from earlier. */
  previous: readonly string[];
}

export interface VerifyReport {
  log: string;
  entries: number;
  mutations: number;
  /** Checkpoints whose root and signature hold; those that the auditor kept are among them. */
  checkpoints: number;
  /** Entries up to which a checkpoint vouches for the log. */
  covered: number;
  root: string;
  /** What is wrong, and where; none where the log is what it claims to be. */
  problems: string[];
  /** What a reader of the result should know. */
  remarks: string[];
}
