import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeImage, readImage, writeImage } from "./image.ts";
import { folderLayer } from "./layers.ts";
import { readTarFiles, writeTar } from "./tar.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubenova-oci-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const long = `${"deep/".repeat(30)}file`;

describe("tar", () => {
  test("the system's tar reads it: files, folders, links, modes, long names", () => {
    const archive = join(folder, "a.tar");
    const file = { type: "file", mode: 0o755, data: Buffer.from("hello") } as const;
    const entries = [
      { name: "bin", type: "folder", mode: 0o755 } as const,
      { ...file, name: "bin/app" },
      { name: "bin/link", type: "link", target: "app" } as const,
      { ...file, name: long },
    ];
    writeFileSync(archive, writeTar(entries));
    const listed = execFileSync("tar", ["-tvf", archive], { encoding: "utf8" });
    expect(listed).toMatch(/^drwxr-xr-x.* bin\/$/m);
    expect(listed).toMatch(/^-rwxr-xr-x.* bin\/app$/m);
    expect(listed).toMatch(/bin\/link -> app$/m);
    expect(listed).toContain(long);
    expect(execFileSync("tar", ["-xOf", archive, long], { encoding: "utf8" })).toBe("hello");
  });

  test("what it wrote, it reads; and what the system's tar wrote", () => {
    const content = new Map([[long, Buffer.from("x".repeat(700))]]);
    const file = { type: "file", mode: 0o644, data: content.get(long) ?? Buffer.alloc(0) } as const;
    expect(readTarFiles(writeTar([{ ...file, name: long }]))).toEqual(content);
    writeFileSync(join(folder, "b"), "1");
    expect(
      readTarFiles(execFileSync("tar", ["-cf", "-", "-C", folder, "./b"]))
        .get("b")
        ?.toString(),
    ).toBe("1");
  });
});

describe("an image", () => {
  const makeFolder = (name: string, time: number) => {
    const root = join(folder, name);
    mkdirSync(join(root, "etc"), { recursive: true });
    writeFileSync(join(root, "app"), "binary");
    chmodSync(join(root, "app"), 0o755);
    writeFileSync(join(root, "etc/conf"), "a=1");
    symlinkSync("conf", join(root, "etc/link"));
    utimesSync(join(root, "app"), time, time);
    return root;
  };

  test("of the same content has the same digest, whenever and wherever it was made", () => {
    const [one, two] = [makeFolder("one", 1000), makeFolder("two", 2000)];
    const config = { Entrypoint: ["/app"] };
    const digest = makeImage([folderLayer(one)], config).digest;
    expect(makeImage([folderLayer(two)], config).digest).toBe(digest);
    writeFileSync(join(two, "app"), "other!");
    expect(makeImage([folderLayer(two)], config).digest).not.toBe(digest);
  });

  test("is read back as it was written", () => {
    const image = makeImage([folderLayer(makeFolder("three", 1)), writeTar([])], { Env: ["A=1"] });
    const tar = join(folder, "image.tar");
    writeImage(tar, image, "docker.io/kubenova/x:1");
    expect(readImage(tar)).toEqual(image);
  });
});
