import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readImage } from "../cluster/oci/image.ts";
import { readTarFiles } from "../cluster/oci/tar.ts";
import { baseImage, makeBase } from "../services/base-image.ts";
import { agentContext, buildAgentImage, buildWithBuildah } from "../services/image.ts";

interface Config {
  config: { User: string; Entrypoint: string[]; Labels: Record<string, string> };
}

describe("the agent's image", () => {
  const scratch = mkdtempSync(join(tmpdir(), "kubenova-image-test-"));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  const tar = (name: string) => join(scratch, `${name}.tar`);

  beforeAll(async () => {
    for (const name of ["first", "second"]) {
      const context = await agentContext(join(scratch, name));
      // Another day, another folder: neither may show.
      const day = name === "first" ? 1_000_000_000 : 1_700_000_000;
      for (const file of ["Dockerfile", "dist/main.js"]) utimesSync(join(context, file), day, day);
      await buildWithBuildah({ context, base: await baseImage(), tar: tar(name) });
    }
  });

  test("is the same to the last bit when it is built again", () => {
    expect(readImage(tar("second")).digest).toBe(readImage(tar("first")).digest);
  });

  test("stands on a base that is the same when it is made again", async () => {
    await makeBase(tar("base-1"));
    await makeBase(tar("base-2"));
    expect(readFileSync(tar("base-2")).equals(readFileSync(tar("base-1")))).toBe(true);
  });

  test("runs as nobody, names itself, and was made at no time", () => {
    const { blobs } = readImage(tar("first"));
    const config = JSON.parse(blobs[0]?.data.toString("utf8") ?? "") as Config & { created: string };
    expect(config.config.User).toBe("65532:65532");
    expect(config.config.Entrypoint).toEqual(["/usr/local/bin/node", "/agent/main.js"]);
    expect(config.config.Labels).toMatchObject({
      "org.opencontainers.image.title": "kubenova-agent",
      "org.opencontainers.image.licenses": "Apache-2.0",
    });
    expect(
      Object.keys(config.config.Labels).filter((name) => !name.startsWith("org.opencontainers.")),
    ).toEqual([]);
    expect(config.created).toBe("1970-01-01T00:00:00Z");
  });

  test("holds Node, the bundled agent, its programs, its modules and libraries, and nothing else that runs", () => {
    const [, ...layers] = readImage(tar("first")).blobs;
    const files = layers.flatMap((layer) => [...readTarFiles(unpacked(layer.data)).keys()]);
    expect(files).toContain("agent/main.js");
    const others = files.filter((file) => !/^(usr\/)?lib(64)?\/|^usr\/share\/doc\/|^etc\//.test(file));
    const bundle = /^agent\/[\w-]+\.js(\.LEGAL\.txt)?$/;
    const modules = /^agent\/platform\/[\w/.-]+\.cue$/;
    expect(others.filter((file) => !bundle.test(file) && !modules.test(file)).sort()).toEqual([
      "agent/git-fetch",
      "agent/renderer",
      "usr/local/bin/node",
    ]);
    expect(others).toContain("agent/platform/webservice/input.cue");
    expect(others.filter((file) => file.includes("testdata"))).toEqual([]);
  });

  test("is built once for the same sources", async () => {
    const first = await buildAgentImage();
    const { mtimeMs } = statSync(first.tar);
    expect(await buildAgentImage()).toEqual(first);
    expect(statSync(first.tar).mtimeMs).toBe(mtimeMs);
  });
});

const unpacked = (data: Buffer): Buffer => (data[0] === 0x1f && data[1] === 0x8b ? gunzipSync(data) : data);
