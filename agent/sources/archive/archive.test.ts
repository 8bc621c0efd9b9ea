import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plan } from "../../../test/attack/plan.ts";
import { type TarEntry, tarOf, type ZipEntry, zipOf } from "../../../test/services/artifact.ts";
import { DEFAULT_LIMITS, type TreeLimits } from "../limits.ts";
import { createTree } from "../tree.ts";
import { SourceError } from "../types.ts";
import { readTar } from "./tar.ts";
import { readZip } from "./zip.ts";

const never = new AbortController().signal;
let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "archive-")), "archive");
});
afterEach(() => rmSync(join(path, ".."), { recursive: true, force: true }));

async function unpack(format: "tar" | "tar+gzip" | "zip", bytes: Uint8Array, over: Partial<TreeLimits> = {}) {
  writeFileSync(path, bytes);
  const limits = { ...DEFAULT_LIMITS, ...over };
  const tree = createTree(limits);
  if (format === "zip") await readZip(path, tree, limits, never);
  else await readTar({ path, isPacked: format === "tar+gzip" }, tree, limits, never);
  return Object.fromEntries([...tree.build()].map(([name, data]) => [name, Buffer.from(data).toString()]));
}
const tar = async (entries: TarEntry[], limits?: Partial<TreeLimits>) =>
  unpack("tar", await tarOf(entries), limits);
const zip = (entries: ZipEntry[], limits?: Partial<TreeLimits>) => unpack("zip", zipOf(entries), limits);

describe.each(["tar", "zip"] as const)("a %s", (format) => {
  const read = (files: [string, string][], limits?: Partial<TreeLimits>) =>
    (format === "tar" ? tar : zip)(
      files.map(([name, text]) => ({ name, text })),
      limits,
    );

  it("is its files", async () => {
    const long = `${"folder/".repeat(20)}${"n".repeat(150)}.cue`;
    const files: [string, string][] = [
      ["a.cue", "a"],
      ["cue.mod/module.cue", "m"],
      ["empty", ""],
      [long, "long"],
    ];
    expect(await read(files)).toEqual(Object.fromEntries(files));
  });

  it.each([
    ["maxFileBytes", { maxFileBytes: 10 }, [["a", "x".repeat(10)]], [["a", "x".repeat(11)]]],
    [
      "maxBytes",
      { maxBytes: 10 },
      [
        ["a", "x".repeat(9)],
        ["b", "x"],
      ],
      [
        ["a", "x".repeat(9)],
        ["b", "xx"],
      ],
    ],
    [
      "maxFiles",
      { maxFiles: 2 },
      [
        ["a", ""],
        ["b", ""],
      ],
      [
        ["a", ""],
        ["b", ""],
        ["c", ""],
      ],
    ],
    ["maxDepth", { maxDepth: 1 }, [["a/b", ""]], [["a/b/c", ""]]],
    ["maxPathBytes", { maxPathBytes: 120 }, [["p".repeat(120), ""]], [["p".repeat(121), ""]]],
  ] as [string, Partial<TreeLimits>, [string, string][], [string, string][]][])(
    "takes the largest allowed, and not one more: %s",
    async (_, limits, largest, more) => {
      expect(await read(largest, limits)).toEqual(Object.fromEntries(largest));
      await expect(read(more, limits)).rejects.toMatchObject({ kind: "too-large" });
    },
  );

  it.each(["../escape", "a/../../escape", "/etc/passwd", "a//b", "a\\..\\b"])(
    "with %s leads nowhere",
    async (name) => {
      await expect(read([[name, "x"]])).rejects.toMatchObject({ kind: "invalid" });
    },
  );

  it("with one name twice is refused", async () => {
    await expect(
      read([
        ["a", "1"],
        ["a", "2"],
      ]),
    ).rejects.toMatchObject({ kind: "invalid" });
  });

  it("damaged or cut anywhere is refused, or was not damaged where it matters", async () => {
    const files = { "a.cue": "package a", "b/c.cue": "package c" };
    const entries = Object.entries(files).map(([name, text]) => ({ name, text }));
    const whole = format === "tar" ? await tarOf(entries) : zipOf(entries);
    const random = plan.random(`damage ${format}`);
    for (let round = 0; round < plan.times(200); round += 1) {
      const bytes = Buffer.from(whole);
      const at = Math.floor(random() * bytes.length);
      if (random() < 0.5) bytes[at] = Math.floor(random() * 256);
      const end = random() < 0.5 ? at : bytes.length;
      await unpack(format, bytes.subarray(0, end)).catch((error: unknown) => {
        expect(error).toBeInstanceOf(SourceError);
      });
    }
  });
});

describe("a tar", () => {
  it.each(["symlink", "link", "fifo", "character-device", "block-device"] as const)(
    "with a %s is refused",
    async (type) => {
      const refused = tar([
        { name: "a", type, linkname: "b" },
        { name: "b", text: "b" },
      ]);
      await expect(refused).rejects.toMatchObject({ kind: "invalid" });
    },
  );

  it("may have folders, and begin with ./", async () => {
    const entries: TarEntry[] = [
      { name: "./", type: "directory" },
      { name: "./a/", type: "directory" },
      { name: "./a/b", text: "b" },
    ];
    expect(await tar(entries)).toEqual({ "a/b": "b" });
  });

  it("packed by gzip is the same", async () => {
    expect(await unpack("tar+gzip", gzipSync(await tarOf([{ name: "a", text: "a" }])))).toEqual({ a: "a" });
  });

  it("that says gzip and is something else is refused", async () => {
    await expect(unpack("tar+gzip", await tarOf([{ name: "a", text: "a" }]))).rejects.toMatchObject({
      kind: "invalid",
    });
  });

  it("that unpacks to a gigabyte ends at its limit, with little memory", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
    const members = Buffer.concat(Array.from({ length: 16 }, () => bomb));
    const header = await tarOf([{ name: "a", text: "x" }]);
    const before = process.memoryUsage().rss;
    // Its one file is small; what follows it never ends.
    const refused = unpack("tar+gzip", Buffer.concat([gzipSync(header.subarray(0, 1_024)), members]));
    await expect(refused).rejects.toMatchObject({ kind: "too-large" });
    expect(process.memoryUsage().rss - before).toBeLessThan(160 * 2 ** 20);
  });

  it("whose header says a terabyte is refused by the header", async () => {
    const archive = await tarOf([{ name: "a", text: "x" }]);
    const lie = Buffer.from(archive);
    lie.write("77777777777\0", 124, "latin1");
    lie.write("        ", 148, "latin1");
    const sum = lie.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    lie.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    await expect(unpack("tar", lie)).rejects.toMatchObject({ kind: "too-large" });
  });
});

describe("a zip", () => {
  it("with a symbolic link or a device is refused", async () => {
    for (const mode of [0o120_777, 0o020_644, 0o010_644]) {
      await expect(zip([{ name: "a", text: "/etc/passwd", mode }])).rejects.toMatchObject({
        kind: "invalid",
      });
    }
  });

  it("with an entry larger or smaller than it claims is refused", async () => {
    for (const claims of [1, 1e6]) {
      await expect(zip([{ name: "a", text: "x".repeat(1_000), claims }])).rejects.toMatchObject({
        kind: "invalid",
      });
    }
  });

  it("may have folders", async () => {
    expect(
      await zip([
        { name: "a/", text: "" },
        { name: "a/b", text: "b" },
      ]),
    ).toEqual({ "a/b": "b" });
  });
});
