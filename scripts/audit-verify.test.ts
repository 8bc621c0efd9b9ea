import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { formatCheckpoint } from "../domain/audit/checkpoint.ts";
import type { AuditEntry } from "../domain/audit/entry.ts";
import { leafText } from "../domain/audit/leaf.ts";
import { EMPTY, type Frontier, grow, type Hash, leafHash, rootOf } from "../domain/audit/merkle.ts";
import { formatVerifier, type Signer, signNote } from "../domain/audit/signed-note.ts";

const dir = mkdtempSync(join(tmpdir(), "kubenova-audit-verify-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const ORIGIN = "kubenova.example.com/audit/platform";

async function aSigner(): Promise<Signer> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new Error("Ed25519 makes a pair");
  const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
  const sign = (bytes: Uint8Array<ArrayBuffer>) => crypto.subtle.sign("Ed25519", pair.privateKey, bytes);
  return { name: ORIGIN, publicKey: new Uint8Array(raw), sign };
}

const entryOf = (number: number): AuditEntry => ({
  id: `aud_${String(number).padStart(26, "0")}`,
  time: "2026-11-21T10:00:00.000Z",
  actor: { kind: "platform-admin", id: "platform-admin" },
  action: "cluster:update",
  object: "cluster/berlin-1",
  tenant: null,
  outcome: "success",
  requestId: "r",
  correlationId: "c",
  number,
});

/** An export of `size` mutations with a checkpoint over all, and that checkpoint. */
async function anExport(signer: Signer, size: number): Promise<{ file: string; note: string }> {
  let frontier: Frontier = EMPTY;
  let previous: Hash | undefined;
  const lines: string[] = [];
  for (let index = 0; index < size; index++) {
    const leaf = leafText(entryOf(index + 1), previous);
    previous = leafHash(sha256, new TextEncoder().encode(leaf));
    frontier = grow(sha256, frontier, previous).frontier;
    lines.push(`{"kind":"entry","index":${index},"leaf":${leaf}}`);
  }
  const note = await signNote(formatCheckpoint({ origin: ORIGIN, size, root: rootOf(sha256, frontier) }), [
    signer,
  ]);
  const header = {
    ...{ kind: "header", format: "kubenova-audit/v1", log: "platform", origin: ORIGIN },
    ...{ exportedAt: "2026-11-21T10:00:00.000Z", size, lastNumber: { from: size, to: size } },
    keys: [await formatVerifier(signer)],
  };
  const all = [JSON.stringify(header), ...lines, JSON.stringify({ kind: "checkpoint", checkpoint: note })];
  const file = join(dir, `${size}.jsonl`);
  writeFileSync(file, `${all.join("\n")}\n`);
  return { file, note };
}

const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, ["scripts/audit-verify.ts", ...args], (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

const hashOfLine = (line: string): string => {
  const leaf = line.slice(line.indexOf('"leaf":') + '"leaf":'.length, -1);
  return Buffer.from(leafHash(sha256, new TextEncoder().encode(leaf))).toString("base64");
};

/** The same with only the hashes of some entries, each in a line of its own. */
function withHidden(file: string, hidden: readonly number[]): string {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  for (const index of hidden) {
    const hashes = [hashOfLine(lines[index + 1] ?? "")];
    lines[index + 1] = JSON.stringify({ kind: "expired", index, hashes });
  }
  const path = `${file}.hidden`;
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** The same with only the hashes of its first entries, as if they were past their retention. */
function withExpired(file: string, expired: number): string {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const hashes = lines.slice(1, 1 + expired).map(hashOfLine);
  const rest = lines.slice(1 + expired);
  const path = `${file}.expired`;
  const line = JSON.stringify({ kind: "expired", index: 0, hashes });
  writeFileSync(path, `${[lines[0], line, ...rest].join("\n")}\n`);
  return path;
}

describe("audit:verify", async () => {
  const signer = await aSigner();
  const good = await anExport(signer, 20);

  it("verifies a log of which only the hashes of the oldest entries are left, and no other hashes", async () => {
    const file = withExpired(good.file, 5);
    const { code, out } = await run(file, "--key", await formatVerifier(signer));
    expect([code, out]).toEqual([0, expect.stringContaining("20 entries")]);
    expect(out).toContain("5 entries are past their retention, up to entry 4:");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/"hashes":\["...../, '"hashes":["AAAAA'));
    expect((await run(file, "--key", await formatVerifier(signer))).code).toBe(1);
  });

  it("takes no expired entry between others, nor the newest: those were hidden", async () => {
    const key = await formatVerifier(signer);
    for (const hidden of [[6, 8, 9], [0, 1, 7], [19]]) {
      const { code, out } = await run(withHidden(good.file, hidden), "--key", key);
      expect([code, out], hidden.join()).toEqual([1, expect.stringContaining("WRONG: ")]);
      expect(out).toContain("hidden");
    }
    const whole = await run(withExpired(good.file, 20), "--key", key);
    expect([whole.code, whole.out]).toEqual([1, expect.stringContaining("the newest entry, 19,")]);
  });

  it("says that a log is what it claims to be", async () => {
    const kept = join(dir, "kept.checkpoint");
    writeFileSync(kept, (await anExport(signer, 7)).note);
    const { code, out } = await run(good.file, "--key", await formatVerifier(signer), "--previous", kept);
    expect(out).toContain("log platform: 20 entries, 20 mutations, root ");
    expect(out).toContain("2 checkpoints hold, the newest over the first 20 entries\nOK\n");
    expect(code).toBe(0);
  });

  it("says what is wrong, for people and for programs", async () => {
    const kept = join(dir, "longer.checkpoint");
    writeFileSync(kept, (await anExport(signer, 21)).note);
    const { code, out } = await run(good.file, "--previous", kept);
    expect(out).toContain("WRONG: the checkpoint that you kept (number 1) is of 21 entries, the file has 20");
    expect(code).toBe(1);
    const stranger = await run(good.file, "--json", "--key", await formatVerifier(await aSigner()));
    expect(JSON.parse(stranger.out)).toMatchObject({
      entries: 20,
      checkpoints: 0,
      problems: ["no checkpoint is signed by a key of the log"],
    });
    expect(stranger.code).toBe(1);
  });

  it("says how it is used where it cannot read what it was given", async () => {
    for (const args of [[], ["a", "b"], [join(dir, "absent")], [good.file, "--nonsense"]]) {
      const { code, err } = await run(...args);
      expect([code, err.includes("npm run audit:verify -- FILE")], args.join(" ")).toEqual([2, true]);
    }
    const text = join(dir, "text");
    writeFileSync(text, "not an export\n");
    const { code, out } = await run(text);
    expect([code, out.includes("WRONG: line 1 is not of an export")]).toEqual([1, true]);
  });
});
