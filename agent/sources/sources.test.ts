import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { readerOf } from "../../test/sources/reader.ts";
import { silentLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { createSources, type SourcesOptions } from "./index.ts";

const never = new AbortController().signal;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sources-"));
  const shipped = {
    "cue.mod/module.cue": 'module: "example.com/platform@v0"',
    "web/web.cue": "package web",
    "web/README.md": "# web",
    "web/testdata/golden.cue": "package golden",
    "policies/tags/tags.cue": "package tags",
  };
  for (const [path, text] of Object.entries(shipped)) {
    mkdirSync(dirname(join(folder, "platform", path)), { recursive: true });
    writeFileSync(join(folder, "platform", path), text);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const make = (options: Partial<SourcesOptions> = {}) =>
  createSources({
    clock: createManualClock(),
    log: silentLogger,
    metrics: createMetrics(),
    cacheDir: join(folder, "cache"),
    embeddedDir: join(folder, "platform"),
    gitProgram: "/nowhere",
    ...options,
  });
const texts = (files: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...files].map(([path, data]) => [path, Buffer.from(data).toString()]));

describe("a cache's folder that cannot be made", () => {
  it("is named, and what needs none is fetched", async () => {
    writeFileSync(join(folder, "cache"), "a file");
    const sources = make();
    const refused = sources.fetch({ type: "oci", ref: "r.io/web:1" }, readerOf(), never);
    await expect(refused).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("cache's folder"),
    });
    expect((await sources.fetch({ type: "inline", ref: "package web" }, readerOf(), never)).files.size).toBe(
      1,
    );
  });
});

describe("inline", () => {
  it("is one file, and the same text has the same digest", async () => {
    const one = await make().fetch({ type: "inline", ref: "package web" }, readerOf(), never);
    const same = await make().fetch({ type: "inline", ref: "package web" }, readerOf(), never);
    const other = await make().fetch({ type: "inline", ref: "package w" }, readerOf(), never);
    expect(texts(one.files)).toEqual({ "inline.cue": "package web" });
    expect(one.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect([same.digest === one.digest, other.digest === one.digest]).toEqual([true, false]);
    expect(one.fetchedAt).toBe("2023-11-14T22:13:20.000Z");
  });
});

describe("configmap", () => {
  const configMaps = { web: { "web.cue": "package web", "input.cue": "package web" }, none: {} };

  it("is a file a key, of the reader's namespace", async () => {
    const reader = readerOf({ configMaps });
    const { files } = await make().fetch({ type: "configmap", ref: "web" }, reader, never);
    expect(texts(files)).toEqual(configMaps.web);
  });

  it.each([
    ["missing", "not-found"],
    ["none", "invalid"],
    ["../web", "invalid"],
    ["Web", "invalid"],
  ])("%s is refused as %s, by name", async (ref, kind) => {
    const refused = make().fetch({ type: "configmap", ref }, readerOf({ configMaps }), never);
    await expect(refused).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(`configmap ${ref}`),
    });
  });

  it("keeps to the limits", async () => {
    const sources = make({ limits: { maxFiles: 1 } });
    const refused = sources.fetch({ type: "configmap", ref: "web" }, readerOf({ configMaps }), never);
    await expect(refused).rejects.toMatchObject({ kind: "too-large" });
  });
});

describe("embedded", () => {
  it("is the CUE of the module that ships with the agent, and the folder of the package in it", async () => {
    const { files, path } = await make().fetch({ type: "embedded", ref: "web" }, readerOf(), never);
    expect(texts(files)).toEqual({
      "cue.mod/module.cue": 'module: "example.com/platform@v0"',
      "policies/tags/tags.cue": "package tags",
      "web/web.cue": "package web",
    });
    expect(path).toBe("web");
    const policy = await make().fetch({ type: "embedded", ref: "policies/tags" }, readerOf(), never);
    expect(policy.path).toBe("policies/tags");
  });

  it("says what there is where the name is wrong", async () => {
    const refused = make().fetch({ type: "embedded", ref: "wep" }, readerOf(), never);
    const message = "embedded wep: no such embedded module; there are: policies/tags, web";
    await expect(refused).rejects.toMatchObject({ kind: "not-found", message });
  });

  it.each(["../platform/web", "/etc", "web/../web", ".", "web/web.cue", "cue.mod", "web/testdata"])(
    "%s leads nowhere",
    async (ref) => {
      const refused = make().fetch({ type: "embedded", ref }, readerOf(), never);
      await expect(refused).rejects.toMatchObject({ kind: "not-found" });
    },
  );

  it("with a link in it is refused", async () => {
    symlinkSync("/etc/passwd", join(folder, "platform/web/link.cue"));
    const refused = make().fetch({ type: "embedded", ref: "web" }, readerOf(), never);
    await expect(refused).rejects.toMatchObject({ kind: "invalid" });
  });

  it.each(["webservice", "postgres", "policies/limits"])("%s ships with the agent", async (ref) => {
    const sources = make({ embeddedDir: join(import.meta.dirname, "../../platform") });
    const { files, path } = await sources.fetch({ type: "embedded", ref }, readerOf(), never);
    expect([files.has("cue.mod/module.cue"), path]).toEqual([true, ref]);
  });
});
