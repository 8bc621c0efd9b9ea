import { describe, expect, it } from "vitest";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import {
  formatVerifier,
  parseNote,
  parseVerifier,
  type Signer,
  signatureState,
  signNote,
} from "./signed-note.ts";

/** The example of golang.org/x/mod/sumdb/note, whose key is published with it. */
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ADVICE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNED = `${ADVICE}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

async function aSigner(name: string): Promise<Signer> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer;
  const sign = (text: Uint8Array<ArrayBuffer>) => crypto.subtle.sign("Ed25519", pair.privateKey, text);
  return { name, publicKey: new Uint8Array(raw), sign };
}

describe("a signed note", () => {
  it("of another's making is verified", async () => {
    const verifier = await parseVerifier(PETER);
    const note = parseNote(SIGNED);
    expect(note?.text).toBe(ADVICE);
    expect(verifier && note && (await signatureState(note, [verifier]))).toBe("good");
    expect(verifier && (await formatVerifier(verifier))).toBe(PETER);
  });

  it("is good with any of its keys, and with none where a known one does not hold", async () => {
    const [a, b, stranger] = await Promise.all([aSigner("log"), aSigner("log"), aSigner("log")]);
    const note = parseNote(await signNote("text\n", [a, b]));
    if (!note) throw new Error("a note that was just signed is one");
    for (const keys of [[a], [b], [a, b, stranger]]) expect(await signatureState(note, keys)).toBe("good");
    for (const keys of [[], [stranger], [{ ...a, name: "other" }]]) {
      expect(await signatureState(note, keys)).toBe("unknown");
    }
    expect(await signatureState({ ...note, text: "other\n" }, [a])).toBe("bad");
    const [first] = note.signatures;
    const spoilt = first?.signature.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) as Uint8Array<ArrayBuffer>;
    const half = {
      ...note,
      signatures: [{ ...first, signature: spoilt } as never, note.signatures[1] as never],
    };
    expect(await signatureState(half, [a, b])).toBe("bad");
    expect(await signatureState(half, [b])).toBe("good");
  });

  it("is told from what is none", () => {
    for (const text of [
      "",
      "text\n",
      "text\n\n",
      "text\n\n- log AAAA\n",
      "text\n\n\u2014 log ?\n",
      SIGNED.trimEnd(),
    ]) {
      expect(parseNote(text), JSON.stringify(text)).toBeUndefined();
    }
  });

  it("has keys that are told from what is none", async () => {
    for (const text of ["", "x", PETER.replace("c74f20a3", "c74f20a4"), PETER.slice(0, -4), `a b${PETER}`]) {
      expect(await parseVerifier(text), text).toBeUndefined();
    }
  });
});

describe("a checkpoint", () => {
  it("is read as it was written", () => {
    const checkpoint = {
      origin: "example.com/audit/platform",
      size: 20852163,
      root: new Uint8Array(32).fill(7),
    };
    expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
    expect(formatCheckpoint(checkpoint).split("\n")).toHaveLength(4);
  });

  it("is told from what is none", () => {
    const root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    expect(parseCheckpoint(`example.com/x\n20852163\n${root}\n`)?.size).toBe(20852163);
    for (const text of ["", `x\n01\n${root}\n`, `x\n-1\n${root}\n`, "x\n1\nAAAA\n", `\n1\n${root}\n`]) {
      expect(parseCheckpoint(text), JSON.stringify(text)).toBeUndefined();
    }
  });
});
