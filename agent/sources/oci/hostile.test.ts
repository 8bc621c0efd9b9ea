import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Artifact, cueModule, descriptor } from "../../../test/services/artifact.ts";
import { readerOf } from "../../../test/sources/reader.ts";
import { systemClock } from "../../kube/clock.ts";
import { silentLogger } from "../../log.ts";
import { createMetrics } from "../../metrics.ts";
import { createSources } from "../index.ts";
import type { Limits } from "../limits.ts";

const never = new AbortController().signal;
const files = { "cue.mod/module.cue": 'module: "example.com/web@v0"', "web.cue": "package web" };
const good = cueModule(files);
const other = cueModule({ ...files, "web.cue": "package other" });

type Handler = (request: IncomingMessage, answer: ServerResponse) => void;
let folder: string;
const closing: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hostile-"));
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** As a registry that has this artifact; `over` sees each request first and says whether it has answered. */
const serving =
  (
    artifact: Artifact,
    over: (request: IncomingMessage, answer: ServerResponse) => boolean = () => false,
  ): Handler =>
  (request, answer) => {
    if (over(request, answer)) return;
    const url = request.url ?? "";
    const found = url.includes("/manifests/")
      ? artifact.manifest
      : artifact.blobs.find(({ digest }) => url.endsWith(digest));
    if (!found) return answer.writeHead(404).end();
    answer.writeHead(200, { "content-type": found.mediaType, "content-length": found.data.length });
    answer.end(request.method === "HEAD" ? undefined : found.data);
  };

interface Aim {
  limits?: Partial<Limits>;
  reference?: string;
  insecure?: string[];
  config?: object;
}

function aim(host: string, { limits = {}, reference = ":v1", insecure = [], config }: Aim = {}) {
  const sources = createSources({
    clock: systemClock,
    log: silentLogger,
    metrics: createMetrics(),
    cacheDir: folder,
    embeddedDir: folder,
    gitProgram: "/nowhere",
    limits,
    network: { allowed: ["127.0.0.1/32"] },
    registries: { insecure: [host, ...insecure] },
  });
  const reader = readerOf({
    secrets: { pull: { ".dockerconfigjson": JSON.stringify({ auths: config ?? {} }) } },
  });
  const pullSecretRef = { name: "pull" };
  return sources.fetch({ type: "oci", ref: `${host}/team/web${reference}`, pullSecretRef }, reader, never);
}

/** Nothing of a refused source stays on the disk. */
const leftovers = () => ["scratch", "trees"].flatMap((kind) => readdirSync(join(folder, kind)));

describe("a registry that", () => {
  it("is honest is believed", async () => {
    expect((await aim(await serve(serving(good)))).digest).toBe(good.manifest.digest);
  });

  it("serves another manifest than the digest asked for is refused", async () => {
    const host = await serve(serving(other));
    const refused = aim(host, { reference: `@${good.manifest.digest}` });
    await expect(refused).rejects.toMatchObject({ kind: "digest-mismatch" });
    expect(leftovers()).toEqual([]);
  });

  it("serves another manifest than it says is refused", async () => {
    const host = await serve((request, answer) => {
      answer.setHeader("docker-content-digest", good.manifest.digest);
      serving(other)(request, answer);
    });
    await expect(aim(host)).rejects.toMatchObject({ kind: "digest-mismatch" });
  });

  it("serves another blob than the manifest names is refused, of the same size or not", async () => {
    const zip = good.blobs[1]?.data ?? Buffer.alloc(0);
    const flipped = Buffer.from(zip);
    flipped[40] = (flipped[40] ?? 0) ^ 1;
    for (const wrong of [flipped, zip.subarray(1), Buffer.concat([zip, zip])]) {
      const host = await serve(
        serving(good, (request, answer) => {
          if (!request.url?.includes("/blobs/")) return false;
          answer.end(wrong);
          return true;
        }),
      );
      await expect(aim(host)).rejects.toMatchObject({
        kind: expect.stringMatching(/^(digest-mismatch|too-large)$/),
      });
      expect(leftovers()).toEqual([]);
    }
  });

  it("sends nothing ends after the idle time", async () => {
    const host = await serve(() => {});
    const began = performance.now();
    await expect(aim(host, { limits: { idleMs: 300 } })).rejects.toMatchObject({ kind: "timeout" });
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("stops in the middle of a blob ends after the idle time", async () => {
    const host = await serve(
      serving(good, (request, answer) => {
        if (!request.url?.includes("/blobs/")) return false;
        answer.writeHead(200, { "content-length": 1_000 }).write("PK");
        return true;
      }),
    );
    await expect(aim(host, { limits: { idleMs: 300 } })).rejects.toMatchObject({ kind: "timeout" });
    expect(leftovers()).toEqual([]);
  });

  it("drips a byte now and then ends at the time limit", async () => {
    const host = await serve((_, answer) => {
      answer.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => answer.write(" "), 20);
      answer.once("close", () => clearInterval(timer));
    });
    const refused = aim(host, { limits: { idleMs: 5_000, timeoutMs: 500 } });
    await expect(refused).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("0.5 s"),
    });
  });

  it("cuts its answer is unreachable", async () => {
    const host = await serve(
      serving(good, (request, answer) => {
        if (!request.url?.includes("/blobs/")) return false;
        answer.writeHead(200, { "content-length": 1_000 });
        answer.write("PK", () => answer.destroy());
        return true;
      }),
    );
    await expect(aim(host)).rejects.toMatchObject({ kind: "unreachable" });
    expect(leftovers()).toEqual([]);
  });

  it("sends a manifest without end is cut off", async () => {
    const host = await serve((_, answer) => {
      const chunk = Buffer.alloc(1 << 20, 0x20);
      const push = () => {
        while (!answer.destroyed && answer.write(chunk));
      };
      answer.on("drain", push);
      push();
    });
    await expect(aim(host)).rejects.toMatchObject({ kind: "too-large" });
  });

  it.each([
    ["no JSON", "<html>", "is not JSON"],
    ["a list of platforms", JSON.stringify({ schemaVersion: 2, manifests: [] }), "an index of images"],
    ["an old schema", JSON.stringify({ schemaVersion: 1 }), "schemaVersion"],
    ["nothing of ours", manifestOf([{ mediaType: "text/plain" }]), 'its layers: "text/plain"'],
    [
      "too many layers",
      manifestOf(Array.from({ length: 17 }, () => ({ mediaType: "a/b.tar" }))),
      "16 layers",
    ],
    ["another kind of digest", manifestOf([{ mediaType: "a/b.tar", digest: "sha512:00" }]), "only sha256"],
    ["a size of no number", manifestOf([{ mediaType: "a/b.tar", size: -1 }]), "layers.0.size"],
    ["a terabyte", manifestOf([{ mediaType: "a/b.tar", size: 2 ** 40 }]), "more than"],
  ])("answers with %s is refused, and says why", async (_, body, why) => {
    const host = await serve((__, answer) => void answer.end(body));
    const refused = aim(host);
    await expect(refused).rejects.toMatchObject({
      kind: expect.stringMatching(/^(invalid|too-large)$/),
      message: expect.stringContaining(why),
    });
  });

  it("is overloaded is away, not wrong", async () => {
    for (const status of [429, 500, 503]) {
      const host = await serve((_, answer) => void answer.writeHead(status).end());
      await expect(aim(host)).rejects.toMatchObject({ kind: "unreachable" });
    }
  });
});

function manifestOf(layers: object[]): string {
  const digest = `sha256:${"0".repeat(64)}`;
  const described = layers.map((layer) => ({ digest, size: 1, ...layer }));
  return JSON.stringify({
    schemaVersion: 2,
    config: { ...descriptor(good.blobs[0] as never) },
    layers: described,
  }).replace("application/vnd.cue.module.v1+json", "application/vnd.oci.empty.v1+json");
}

describe("credentials", () => {
  const secret = { username: "user", password: "hunter2" };
  const wantsBasic = (request: IncomingMessage, answer: ServerResponse): boolean => {
    if (request.headers.authorization) return false;
    answer.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
    return true;
  };

  it("go to the registry, and not to where it redirects", async () => {
    const seen: (string | undefined)[] = [];
    const blobs = await serve((request, answer) => {
      seen.push(request.headers.authorization);
      serving(good)(request, answer);
    });
    const host = await serve(
      serving(good, (request, answer) => {
        if (wantsBasic(request, answer)) return true;
        if (!request.url?.includes("/blobs/")) return false;
        answer.writeHead(307, { location: `http://${blobs}${request.url}` }).end();
        return true;
      }),
    );
    await aim(host, { insecure: [blobs], config: { [host]: secret } });
    expect(seen).toEqual([undefined]);
  });

  it("go nowhere unasked, and to no other registry", async () => {
    const seen: (string | undefined)[] = [];
    const host = await serve((request, answer) => {
      seen.push(request.headers.authorization);
      if (!wantsBasic(request, answer)) serving(good)(request, answer);
    });
    await expect(aim(host, { config: { "other.example.com": secret } })).rejects.toMatchObject({
      kind: "unauthorized",
    });
    expect(seen).toEqual([undefined]);
  });

  it("are not in what an error says", async () => {
    const host = await serve((request, answer) => {
      if (wantsBasic(request, answer)) return;
      answer
        .writeHead(403)
        .end(JSON.stringify({ errors: [{ code: "DENIED", message: request.headers.authorization }] }));
    });
    const refused = aim(host, { config: { [host]: secret } });
    const text = await refused.catch((error: Error) => `${error.message} ${String(error.cause)}`);
    expect(text).toContain("the registry forbids it (DENIED)");
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(Buffer.from("user:hunter2").toString("base64"));
  });

  it.each([
    ["no URL", 'Bearer realm="nowhere"', "realm is no URL"],
    ["a password in it", 'Bearer realm="http://a:b@127.0.0.1/"', "realm is no URL"],
    ["a file", 'Bearer realm="file:///etc/passwd"', "not reached by https"],
    ["the metadata service", 'Bearer realm="https://169.254.169.254/token"', "no source may have"],
  ])("do not go to a token server that is %s", async (_, challenge, why) => {
    const host = await serve(
      (__, answer) => void answer.writeHead(401, { "www-authenticate": challenge }).end(),
    );
    const refused = aim(host, { config: { [host]: secret } });
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(why) });
  });
});

describe("a redirect", () => {
  const redirecting = (location: string | ((url: string) => string)): Handler => {
    const to = typeof location === "string" ? () => location : location;
    return (request, answer) => void answer.writeHead(302, { location: to(request.url ?? "") }).end();
  };

  it.each([
    ["the cloud's metadata", "http://169.254.169.254/latest/meta-data/", /https only|no source may have/],
    ["the cloud's metadata by TLS", "https://169.254.169.254/", /no source may have/],
    ["this machine, by another address", "https://127.0.0.2:1/", /no source may have/],
    ["this machine, by IPv6", "https://[::1]:1/", /no source may have/],
    ["this machine, mapped", "https://[::ffff:127.0.0.2]:1/", /no source may have/],
    ["this machine, as a number", "https://2130706434:1/", /no source may have/],
    ["a file", "file:///etc/passwd", /https only/],
    ["what is no URL", "http://[", /no URL/],
    ["a URL with a password", "http://a:b@127.0.0.1/", /with a password/],
  ])("to %s is not followed", async (_, location, why) => {
    const refused = aim(await serve(redirecting(location)));
    await expect(refused).rejects.toMatchObject({
      kind: expect.stringMatching(/^(invalid|forbidden)$/),
      message: expect.stringMatching(why),
    });
  });

  it("without end ends", async () => {
    const refused = aim(await serve(redirecting((url) => `${url}x`)));
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining("redirects too often") });
  });
});
