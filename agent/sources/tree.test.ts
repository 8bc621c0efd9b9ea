import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packTree, treeDigest, unpackTree } from "./pack.ts";
import { createTree } from "./tree.ts";
import { SourceError } from "./types.ts";

const LIMITS = { maxBytes: 100, maxFileBytes: 60, maxFiles: 3, maxDepth: 2, maxPathBytes: 20 };
const bytes = (length: number) => new Uint8Array(length);

function kindOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SourceError) return error.kind;
    throw error;
  }
  return "taken";
}

const adding = (...files: [path: string, size: number][]) =>
  kindOf(() => {
    const tree = createTree(LIMITS);
    for (const [path, size] of files) tree.add(path, bytes(size));
    tree.build();
  });

describe("a tree takes the largest allowed, and not one more", () => {
  it.each([
    ["bytes of a file", [["a", 60]], [["a", 61]]],
    [
      "bytes of all",
      [
        ["a", 60],
        ["b", 40],
      ],
      [
        ["a", 60],
        ["b", 41],
      ],
    ],
    [
      "files",
      [
        ["a", 1],
        ["b", 1],
        ["c", 1],
      ],
      [
        ["a", 1],
        ["b", 1],
        ["c", 1],
        ["d", 0],
      ],
    ],
    ["depth", [["a/b/c", 1]], [["a/b/c/d", 1]]],
    ["path", [["a".repeat(20), 1]], [["a".repeat(21), 1]]],
    ["path in bytes, not in characters", [["ä".repeat(10), 1]], [["ä".repeat(11), 1]]],
  ] as [string, [string, number][], [string, number][]][])("%s", (_, largest, more) => {
    expect(adding(...largest)).toBe("taken");
    expect(adding(...more)).toBe("too-large");
  });

  it("refuses what is announced too large before any byte of it is there", () => {
    expect(kindOf(() => createTree(LIMITS).admit("a", 61))).toBe("too-large");
  });
});

describe("a path stays inside the tree and is plain", () => {
  it.each([
    "../a",
    "a/../b",
    "/a",
    "a//b",
    "a/",
    "",
    ".",
    "a/./b",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\u001bb",
    "\uFFFD",
  ])("%j is refused", (path) => {
    expect(adding([path, 1])).toBe("invalid");
  });

  it.each(["a", "cue.mod/module.cue", "..a", "a..", "...", "ä b", "a/b/c"])("%j is taken", (path) => {
    expect(adding([path, 1])).toBe("taken");
  });

  it("is there once, and is a file or a folder", () => {
    expect(adding(["a", 1], ["a", 1])).toBe("invalid");
    expect(adding(["a", 1], ["a/b", 1])).toBe("invalid");
    expect(adding(["a/b", 1], ["a", 1])).toBe("invalid");
  });

  it("whose bytes are not as many as announced, or never come, makes no tree", () => {
    const tree = createTree(LIMITS);
    const take = tree.admit("a", 2);
    expect(kindOf(() => take(bytes(1)))).toBe("invalid");
    expect(kindOf(() => tree.build())).toBe("invalid");
  });
});

const trees = fc
  .dictionary(fc.stringMatching(/^[a-z]{1,8}(\/[a-zä]{1,4})?$/), fc.uint8Array({ maxLength: 40 }))
  .map((files) => new Map(Object.entries(files)));

describe("a packed tree", () => {
  it("unpacks to the same files", () => {
    fc.assert(
      fc.property(trees, (files) => {
        const unpacked = unpackTree(Buffer.concat(packTree(files)));
        expect([...(unpacked ?? [])].map(([path, data]) => [path, [...data]]).sort()).toEqual(
          [...files].map(([path, data]) => [path, [...data]]).sort(),
        );
      }),
    );
  });

  it("has the same digest whatever order its files came in, and another one for other files", () => {
    fc.assert(
      fc.property(trees, trees, (a, b) => {
        expect(treeDigest(new Map([...a].reverse()))).toBe(treeDigest(a));
        const same = Buffer.concat(packTree(a)).equals(Buffer.concat(packTree(b)));
        expect(treeDigest(a) === treeDigest(b)).toBe(same);
      }),
    );
  });

  it("that is cut short or is something else unpacks to nothing", () => {
    const packed = Buffer.concat(packTree(new Map([["a/b", bytes(9)]])));
    for (let end = 5; end < packed.length; end += 1)
      expect(unpackTree(packed.subarray(0, end))).toBeUndefined();
    expect(unpackTree(Buffer.from("something else"))).toBeUndefined();
  });
});
