import { canonicalJson } from "../canonical/index.ts";
import { fromBase64, hex } from "./bytes.ts";
import { Claims } from "./claims.ts";
import { Expired } from "./expired.ts";
import { type ExportHeader, parseExportLine } from "./export.ts";
import type { LoggedEntry } from "./leaf.ts";
import {
  EMPTY,
  type Frontier,
  grow,
  HASH_BYTES,
  type Hash,
  leafHash,
  rootOf,
  type Sha256,
} from "./merkle.ts";
import { Numbers } from "./numbers.ts";
import type { VerifyOptions, VerifyReport } from "./report.ts";
import { Signatures } from "./signatures.ts";

/** Reported at most: what comes after is counted. */
const MAX_PROBLEMS = 100;

/** Rebuilds a log from its export, line by line: it keeps the roots of some subtrees and nothing else. */
export class Verifier {
  readonly #sha256: Sha256;
  readonly #utf8 = new TextEncoder();
  readonly #signatures: Signatures;
  readonly #problems: string[] = [];
  #dropped = 0;
  #line = 0;
  #header: ExportHeader | undefined;
  #frontier: Frontier = EMPTY;
  #lastLeaf: Hash | undefined;
  readonly #expired = new Expired();
  readonly #numbers = new Numbers();
  readonly #claims = new Claims();
  readonly #kept: readonly string[];

  constructor({ sha256, keys, previous }: VerifyOptions) {
    this.#sha256 = sha256;
    this.#signatures = new Signatures(keys);
    this.#kept = previous;
  }

  /** The next line of the export. */
  async take(text: string): Promise<void> {
    this.#line += 1;
    const line = parseExportLine(text);
    if (!line) return this.#tell(`line ${this.#line} is not of an export`);
    if (line.kind === "header") return this.#begin(line);
    if (!this.#header) return this.#tell(`line ${this.#line} comes before the header`);
    if (line.kind === "expired") return this.#takeExpired(line.index, line.hashes);
    if (line.kind === "entry") return this.#takeEntry(line.index, line.leaf as LoggedEntry);
    await this.#takeCheckpoint(`the checkpoint in line ${this.#line}`, line.checkpoint);
  }

  /** After the last line. */
  end(): VerifyReport {
    const { size } = this.#frontier;
    for (const problem of [...this.#claims.end(size), ...this.#expired.end(size)]) this.#tell(problem);
    if (!this.#header) this.#tell("the file has no header");
    else this.#compare(this.#header);
    if (this.#dropped > 0) this.#problems.push(`${this.#dropped} problems more`);
    const { signed, covered } = this.#claims;
    return {
      log: this.#header?.log ?? "",
      entries: size,
      mutations: this.#numbers.last,
      checkpoints: signed,
      covered,
      root: hex(rootOf(this.#sha256, this.#frontier)),
      problems: this.#problems,
      remarks: this.#remarks(),
    };
  }

  #remarks(): string[] {
    const { unsigned, covered } = this.#claims;
    const remarks = [...this.#signatures.remarks, ...this.#expired.remarks()];
    if (unsigned > 0) remarks.push(`${unsigned} checkpoints hold whose keys are not known here`);
    if (covered < this.#frontier.size) remarks.push(`no checkpoint covers the entries from ${covered} on`);
    return remarks;
  }

  async #begin(header: ExportHeader): Promise<void> {
    if (this.#header) return this.#tell(`line ${this.#line} is a second header`);
    this.#header = header;
    for (const problem of await this.#signatures.begin(header)) this.#tell(problem);
    if (header.refused) this.#tell(`the manager signed no checkpoint over it: ${header.refused}`);
    for (const [n, note] of this.#kept.entries()) {
      await this.#takeCheckpoint(`the checkpoint that you kept (number ${n + 1})`, note);
    }
  }

  #takeEntry(index: number, leaf: LoggedEntry): void {
    const { size } = this.#frontier;
    const where = `entry ${index} (${leaf.id})`;
    if (index !== size) this.#tell(`${where} stands where entry ${size} belongs`);
    const previous = this.#lastLeaf ? hex(this.#lastLeaf) : null;
    if (leaf.previous !== previous) this.#tell(`${where} does not carry the hash of the entry before it`);
    if ((leaf.tenant ?? "platform") !== this.#header?.log) this.#tell(`${where} is of another log`);
    for (const problem of this.#numbers.take(where, leaf.number)) this.#tell(problem);
    this.#lastLeaf = leafHash(this.#sha256, this.#utf8.encode(canonicalJson(leaf)));
    this.#frontier = grow(this.#sha256, this.#frontier, this.#lastLeaf).frontier;
    this.#settleClaims();
  }

  /** Of these the hashes are left: the tree grows by them, and what they said is not there to be compared. */
  #takeExpired(index: number, hashes: readonly string[]): void {
    for (const problem of this.#expired.take(index, hashes.length, this.#frontier.size)) this.#tell(problem);
    for (const text of hashes) {
      const hash = fromBase64(text);
      if (hash?.length !== HASH_BYTES) {
        this.#tell(`line ${this.#line} holds no hash of a leaf`);
        return;
      }
      this.#lastLeaf = hash;
      this.#frontier = grow(this.#sha256, this.#frontier, hash).frontier;
      this.#settleClaims();
    }
    this.#numbers.skip(hashes.length);
  }

  /** Compared when the tree has grown to its size. */
  async #takeCheckpoint(whose: string, note: string): Promise<void> {
    const checked = await this.#signatures.check(note, this.#header?.origin ?? "");
    if ("problem" in checked) return this.#tell(`${whose} ${checked.problem}`);
    if (checked.checkpoint.size < this.#frontier.size) return this.#tell(`${whose} is not where it belongs`);
    this.#claims.add({ whose, ...checked });
    this.#settleClaims();
  }

  #settleClaims(): void {
    const { size } = this.#frontier;
    if (!this.#claims.awaits(size)) return;
    for (const problem of this.#claims.settle(size, rootOf(this.#sha256, this.#frontier)))
      this.#tell(problem);
  }

  #compare({ size, lastNumber }: ExportHeader): void {
    const entries = this.#frontier.size;
    if (entries !== size) this.#tell(`the header speaks of ${size} entries, the file has ${entries}`);
    for (const problem of this.#numbers.end(lastNumber)) this.#tell(problem);
  }

  #tell(problem: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    else this.#dropped += 1;
  }
}
