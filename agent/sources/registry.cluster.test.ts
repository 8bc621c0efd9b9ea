import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { type Certificate, makeCertificate } from "../../test/manager/certificate.ts";
import { type Artifact, cueModule, FLUX_LAYER, tarArtifact, tarOf } from "../../test/services/artifact.ts";
import {
  PASSWORD,
  type Registry,
  type RegistryOptions,
  startRegistry,
  USERNAME,
} from "../../test/services/registry.ts";
import { startTokenServer, type TokenServer } from "../../test/services/token-server.ts";
import { readerOf } from "../../test/sources/reader.ts";
import { silentLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { createSources, type SourcesOptions } from "./index.ts";
import type { NamespaceReader } from "./types.ts";

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "registry-test-"));
const ends: (() => Promise<void>)[] = [];
let certificate: Certificate;
let ca: string;
beforeAll(async () => {
  certificate = await makeCertificate(join(folder, "tls"), "127.0.0.1");
  ca = readFileSync(certificate.ca, "utf8");
});
afterAll(async () => {
  for (const end of ends) await end();
  rmSync(folder, { recursive: true, force: true });
});

async function registry(options: RegistryOptions = {}): Promise<Registry> {
  const started = await startRegistry(options);
  ends.push(started.remove);
  return started;
}

const LOOPBACK = { network: { allowed: ["127.0.0.0/8"] } };
function make(options: Partial<SourcesOptions> = {}) {
  const metrics = createMetrics();
  const clock = createManualClock();
  const cacheDir = mkdtempSync(join(folder, "cache-"));
  const unused = { embeddedDir: folder, gitProgram: "/nowhere" };
  const given = { clock, log: silentLogger, metrics, cacheDir, ...unused, ...LOOPBACK, ...options };
  return { clock, metrics, cacheDir, sources: createSources(given) };
}
const texts = (files: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...files].map(([path, data]) => [path, Buffer.from(data).toString()]));
const dockerConfig = (host: string, entry: object) => JSON.stringify({ auths: { [host]: entry } });
const withSecret = (data: Record<string, string>, namespace?: string): NamespaceReader =>
  readerOf({ secrets: { pull: data } }, namespace);
const pullSecretRef = { name: "pull" };

const web = (version: string): Record<string, string> => ({
  "cue.mod/module.cue": 'module: "example.com/web@v0"',
  "web.cue": `package web\nversion: "${version}"`,
});

describe("a registry without authentication", () => {
  let open: Registry;
  beforeAll(async () => {
    open = await registry();
  });
  const insecure = () => ({ registries: { insecure: [open.host] } });
  const fetchFrom = async (artifact: Artifact, tag: string) => {
    await open.push("team/web", tag, artifact);
    const ref = { type: "oci" as const, ref: `${open.host}/team/web:${tag}` };
    return make(insecure()).sources.fetch(ref, readerOf(), never);
  };

  it("gives a CUE module as cue publishes it, by its manifest's digest", async () => {
    const artifact = cueModule(web("1"));
    const fetched = await fetchFrom(artifact, "v0.1.0");
    expect(texts(fetched.files)).toEqual(web("1"));
    expect(fetched).toMatchObject({ digest: artifact.manifest.digest, revision: artifact.manifest.digest });
  });

  it("gives tar layers, packed or not, the later over the earlier", async () => {
    const first = await tarOf([
      { name: "a.cue", text: "1" },
      { name: "b.cue", text: "1" },
    ]);
    const second = await tarOf([{ name: "b.cue", text: "2" }]);
    const layers = [
      { mediaType: FLUX_LAYER, data: gzipSync(first) },
      { mediaType: "application/vnd.oci.image.layer.v1.tar", data: second },
    ];
    expect(texts((await fetchFrom(tarArtifact(layers), "flux")).files)).toEqual({
      "a.cue": "1",
      "b.cue": "2",
    });
  });

  it("by a digest gives that, and asks once in the cache's life", async () => {
    const artifact = cueModule(web("by digest"));
    await open.push("team/pinned", "v1", artifact);
    const ref = { type: "oci" as const, ref: `${open.host}/team/pinned@${artifact.manifest.digest}` };
    const { sources, clock, metrics } = make(insecure());
    await sources.fetch(ref, readerOf(), never);
    await clock.advance(1e9);
    expect((await sources.fetch(ref, readerOf(), never)).digest).toBe(artifact.manifest.digest);
    expect(metrics.text()).toContain('kubenova_source_fetches_total{result="cached",type="oci"} 1');
  });

  it("with a tag that moves gives the new content after the TTL", async () => {
    const ref = { type: "oci" as const, ref: `${open.host}/team/moving:latest` };
    await open.push("team/moving", "latest", cueModule(web("1")));
    const { sources, clock, metrics } = make(insecure());
    const first = await sources.fetch(ref, readerOf(), never);
    await open.push("team/moving", "latest", cueModule(web("2")));
    expect((await sources.fetch(ref, readerOf(), never)).digest).toBe(first.digest);
    await clock.advance(60_000);
    const moved = await sources.fetch(ref, readerOf(), never);
    expect(texts(moved.files)).toEqual(web("2"));
    const bytes = /kubenova_source_bytes_total\{type="oci"\} (\d+)/;
    const travelled = bytes.exec(metrics.text())?.[1];
    await clock.advance(60_000);
    await sources.fetch(ref, readerOf(), never);
    expect(bytes.exec(metrics.text())?.[1]).toBe(travelled);
  });

  it.each([
    ["not-found", "team/none:1", /no tag 1 there \(MANIFEST_UNKNOWN\)/],
    ["not-found", `team/web@sha256:${"0".repeat(64)}`, /MANIFEST_UNKNOWN/],
  ])("says %s of %s", async (kind, name, message) => {
    await open.push("team/web", "v0.1.0", cueModule(web("1")));
    const refused = make(insecure()).sources.fetch(
      { type: "oci", ref: `${open.host}/${name}` },
      readerOf(),
      never,
    );
    await expect(refused).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
  });

  it("is refused where its addresses are, and by plain HTTP, unless the configuration allows it", async () => {
    const ref = { type: "oci" as const, ref: `${open.host}/team/web:v0.1.0` };
    const byAddress = make({ ...insecure(), network: {} }).sources.fetch(ref, readerOf(), never);
    await expect(byAddress).rejects.toMatchObject({ kind: "forbidden" });
    const named = { type: "oci" as const, ref: ref.ref.replace("127.0.0.1", "localhost") };
    const registries = { insecure: [open.host.replace("127.0.0.1", "localhost")] };
    const byName = make({ registries, network: {} }).sources.fetch(named, readerOf(), never);
    await expect(byName).rejects.toMatchObject({ kind: "forbidden" });
    await expect(make().sources.fetch(ref, readerOf(), never)).rejects.toMatchObject({ kind: "unreachable" });
  });

  it("takes the largest archive allowed, and not a byte more", async () => {
    const artifact = cueModule(web("limits"));
    const bytes = artifact.blobs[1]?.data.length ?? 0;
    await open.push("team/limits", "v1", artifact);
    const ref = { type: "oci" as const, ref: `${open.host}/team/limits:v1` };
    const largest = make({ ...insecure(), limits: { maxArchiveBytes: bytes } });
    expect(texts((await largest.sources.fetch(ref, readerOf(), never)).files)).toEqual(web("limits"));
    const smaller = make({ ...insecure(), limits: { maxArchiveBytes: bytes - 1 } });
    await expect(smaller.sources.fetch(ref, readerOf(), never)).rejects.toMatchObject({ kind: "too-large" });
  });
});

describe("a registry that is away", () => {
  it("is answered for by the cache, and a new process too; what was never here is unreachable", async () => {
    const away = await registry();
    await away.push("team/web", "v1", cueModule(web("1")));
    const insecure = { registries: { insecure: [away.host] } };
    const ref = { type: "oci" as const, ref: `${away.host}/team/web:v1` };
    const { sources, cacheDir } = make(insecure);
    await sources.fetch(ref, readerOf(), never);
    await away.stop();
    const later = make({ ...insecure, cacheDir }).sources;
    const stale = await later.fetch(ref, readerOf(), never);
    expect(texts(stale.files)).toEqual(web("1"));
    expect(stale.stale?.reason).toContain("ECONNREFUSED");
    const other = { ...ref, ref: `${away.host}/team/web:v2` };
    await expect(later.fetch(other, readerOf(), never)).rejects.toMatchObject({ kind: "unreachable" });
  });
});

describe("a registry with a password and its own CA", () => {
  let closed: Registry;
  beforeAll(async () => {
    closed = await registry({ tls: certificate, auth: "basic" });
    await closed.push("team/web", "v1", cueModule(web("1")));
  });
  const ref = () => ({ type: "oci" as const, ref: `${closed.host}/team/web:v1`, pullSecretRef });
  const user = { username: USERNAME, password: PASSWORD };
  const auth = Buffer.from(`${USERNAME}:${PASSWORD}`).toString("base64");

  it.each([
    ["username and password", user],
    ["auth", { auth }],
  ])("opens to %s, and to the Secret's ca.crt", async (_, entry) => {
    const reader = withSecret({ ".dockerconfigjson": dockerConfig(closed.host, entry), "ca.crt": ca });
    expect(texts((await make().sources.fetch(ref(), reader, never)).files)).toEqual(web("1"));
  });

  it("opens to the configuration's CA too", async () => {
    const reader = withSecret({ ".dockerconfigjson": dockerConfig(closed.host, user) });
    const { sources } = make({ registries: { ca } });
    expect(texts((await sources.fetch(ref(), reader, never)).files)).toEqual(web("1"));
  });

  it.each([
    ["unreachable", "its certificate is not trusted", { ".dockerconfigjson": "own" }],
    ["unauthorized", "there are none for it", { "ca.crt": "own" }],
    ["unauthorized", "refuses the credentials", { "ca.crt": "own", ".dockerconfigjson": "wrong" }],
  ])("says %s: %s", async (kind, message, secret: Record<string, string>) => {
    const configs: Record<string, string> = {
      own: dockerConfig(closed.host, user),
      wrong: dockerConfig(closed.host, { ...user, password: "hunter2" }),
    };
    const config = secret[".dockerconfigjson"];
    const reader = withSecret({
      ...(secret["ca.crt"] ? { "ca.crt": ca } : {}),
      ...(config ? { ".dockerconfigjson": configs[config] ?? "" } : {}),
    });
    const refused = make().sources.fetch(ref(), reader, never);
    await expect(refused).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
    await expect(refused).rejects.not.toMatchObject({
      message: expect.stringMatching(`hunter2|${PASSWORD}`),
    });
  });

  it("is not opened by the cache to a tenant who lacks the secret, by tag or by digest", async () => {
    const { digest } = cueModule(web("1")).manifest;
    const { sources } = make();
    const owner = withSecret(
      { ".dockerconfigjson": dockerConfig(closed.host, user), "ca.crt": ca },
      "team-a",
    );
    const stranger = withSecret({ "ca.crt": ca }, "team-b");
    for (const name of [`${closed.host}/team/web:v1`, `${closed.host}/team/web@${digest}`]) {
      const asked = { ...ref(), ref: name };
      expect((await sources.fetch(asked, owner, never)).digest).toBe(digest);
      await expect(sources.fetch(asked, stranger, never)).rejects.toMatchObject({ kind: "unauthorized" });
    }
    await expect(sources.fetch(ref(), readerOf(), never)).rejects.toMatchObject({ kind: "not-found" });
  });
});

describe("a registry whose tokens another server gives", () => {
  let tokens: TokenServer;
  let closed: Registry;
  beforeAll(async () => {
    const isWelcome = ({ basic, refreshToken }: { basic?: string; refreshToken?: string }) =>
      basic === `${USERNAME}:${PASSWORD}` || refreshToken === "a-refresh-token";
    tokens = await startTokenServer(certificate, isWelcome);
    ends.push(tokens.close);
    closed = await registry({ auth: { ...tokens, bundle: certificate.cert } });
    await closed.push("team/web", "v1", cueModule(web("1")));
  });
  const fetchWith = async (entry: object) => {
    tokens.requests.length = 0;
    const registries = { insecure: [closed.host, new URL(tokens.realm).host] };
    const reader = withSecret({ ".dockerconfigjson": dockerConfig(closed.host, entry) });
    const ref = { type: "oci" as const, ref: `${closed.host}/team/web:v1`, pullSecretRef };
    return make({ registries }).sources.fetch(ref, reader, never);
  };

  it("opens to a password, with one token for pulling alone", async () => {
    const fetched = await fetchWith({ username: USERNAME, password: PASSWORD });
    expect(texts(fetched.files)).toEqual(web("1"));
    expect(tokens.requests).toEqual([
      {
        method: "GET",
        service: "test-registry",
        scope: "repository:team/web:pull",
        basic: `${USERNAME}:${PASSWORD}`,
      },
    ]);
  });

  it("opens to an identity token", async () => {
    expect(texts((await fetchWith({ identitytoken: "a-refresh-token" })).files)).toEqual(web("1"));
    expect(tokens.requests).toMatchObject([{ method: "POST", scope: "repository:team/web:pull" }]);
  });

  it("stays closed to others", async () => {
    const refused = fetchWith({ username: USERNAME, password: "wrong" });
    await expect(refused).rejects.toMatchObject({ kind: "unauthorized" });
  });
});

describe("a module's dependency", () => {
  const pin = { path: "example.com/lib", version: "v0.2.0" };
  const files = { "cue.mod/module.cue": 'module: "example.com/lib@v0"', "lib.cue": "package lib" };

  it("comes from the registry of its prefix, and once here needs none", async () => {
    const open = await registry();
    const artifact = cueModule(files);
    await open.push("modules/example.com/lib", "v0.2.0", artifact);
    const cueRegistry = `example.com=${open.host}/modules+insecure,none`;
    const { sources, clock, cacheDir } = make({ registries: { cueRegistry } });
    const fetched = await sources.dependency(pin, undefined, readerOf(), never);
    expect(texts(fetched.files)).toEqual(files);
    expect(fetched.digest).toBe(artifact.manifest.digest);
    await open.stop();
    await clock.advance(1e9);
    const later = make({ registries: { cueRegistry }, cacheDir }).sources;
    expect((await later.dependency(pin, undefined, readerOf(), never)).stale).toBeUndefined();
    const other = later.dependency({ ...pin, version: "v0.3.0" }, undefined, readerOf(), never);
    await expect(other).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/^module example.com\/lib@v0.3.0: /),
    });
    const unmapped = later.dependency(
      { path: "other.org/lib", version: "v0.1.0" },
      undefined,
      readerOf(),
      never,
    );
    await expect(unmapped).rejects.toMatchObject({ kind: "not-found" });
  });
});
