import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_SHARD_BYTES } from "../../protocol/resources/graph-shard.ts";
import { plan } from "../../test/attack/plan.ts";
import { chunksOf, digestOfChunks, documentsOf, escapedBytes, linesOf } from "./shards.ts";

const document = (n: number, value = "1") => ({
  id: `node-${n}`,
  text: `"quoted" and long `.repeat(40),
  value,
});
const documents = (count: number) => Array.from({ length: count }, (_, n) => document(n));
const contents = (chunks: readonly { content: string }[]) => chunks.map(({ content }) => content);

describe("documents in shards", () => {
  it("come back as they were, whatever they hold, and no shard is too large", () => {
    const texts = fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.nat({ max: 60_000 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(texts, (some) => {
        const all = some.map(([text, times], n) => ({ n, text: text.slice(0, 20).repeat(times % 4_000) }));
        const chunks = chunksOf(linesOf(all));
        expect(documentsOf(contents(chunks))).toEqual(all);
        for (const { content } of chunks) expect(escapedBytes(content)).toBeLessThanOrEqual(MAX_SHARD_BYTES);
      }),
      { numRuns: plan.times(20) },
    );
  });

  it("that no shard holds go on in the next one, and never break a character", () => {
    const all = [{ id: "large", text: "x😀".repeat(200_000) }];
    const chunks = chunksOf(linesOf(all));
    expect(chunks.length).toBeGreaterThan(1);
    for (const { content } of chunks) expect(content.isWellFormed()).toBe(true);
    expect(documentsOf(contents(chunks))).toEqual(all);
  });

  it("that change leave most shards as they were", () => {
    const before = documents(5_000);
    const after = before.flatMap((one, n) => (n === 700 ? [] : n === 2_500 ? [document(n, "2")] : [one]));
    const former = new Set(chunksOf(linesOf(before)).map(({ digest }) => digest));
    const chunks = chunksOf(linesOf(after));
    expect(former.size).toBeGreaterThan(12);
    expect(chunks.filter(({ digest }) => !former.has(digest)).length).toBeLessThanOrEqual(6);
    expect(digestOfChunks(chunks)).not.toBe(digestOfChunks(chunksOf(linesOf(before))));
  });

  it("are refused where they are more than a graph may hold", () => {
    const lines = Array.from({ length: 100 }, (_, n) => `"${n}${"x".repeat(240_000)}"`);
    expect(() => chunksOf(lines)).toThrow(/takes \d+ shards, and a graph may have 64/);
  });
});
