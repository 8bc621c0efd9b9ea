import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createManualClock } from "../../../test/kube/manual-clock.ts";
import { until } from "../../../test/lib/until.ts";
import { type Certificate, makeCertificate } from "../../../test/manager/certificate.ts";
import {
  type GitServer,
  makeRepository,
  type Repository,
  type SshServer,
  startGitServer,
  startSshServer,
} from "../../../test/services/git-server.ts";
import { agentProgram } from "../../../test/services/go-binary.ts";
import { readerOf } from "../../../test/sources/reader.ts";
import { systemClock } from "../../kube/clock.ts";
import { silentLogger } from "../../log.ts";
import { createMetrics } from "../../metrics.ts";
import { createSources, type SourcesOptions } from "../index.ts";

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "git-test-"));
const login = { username: "git", password: "a-secret-token" };
let gitProgram: string;
let certificate: Certificate;
let ca: string;
let server: GitServer;

beforeAll(async () => {
  gitProgram = await agentProgram("git-fetch");
  certificate = await makeCertificate(join(folder, "tls"), "127.0.0.1");
  ca = readFileSync(certificate.ca, "utf8");
  server = await startGitServer(folder, certificate, login);
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

function make(options: Partial<SourcesOptions> = {}) {
  const clock = createManualClock();
  const cacheDir = mkdtempSync(join(folder, "cache-"));
  const network = { allowed: ["127.0.0.1"] };
  const metrics = createMetrics();
  const given = { clock, log: silentLogger, metrics, cacheDir, embeddedDir: folder, gitProgram, network };
  return { clock, metrics, cacheDir, sources: createSources({ ...given, ...options }) };
}
const texts = (files: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...files].map(([path, data]) => [path, Buffer.from(data).toString()]));
const https = (data: Record<string, string> = {}) =>
  readerOf({ secrets: { pull: { ...login, host: hostOf(server), "ca.crt": ca, ...data } } });
const hostOf = (of: GitServer) => new URL(of.url("any")).host;
const refOf = (ref: string) => ({ type: "git" as const, ref, pullSecretRef: { name: "pull" } });
const fetchFrom = (ref: string, options: Partial<SourcesOptions> = {}, reader = https()) =>
  make(options).sources.fetch(refOf(ref), reader, never);

const web = (version: string) => ({
  "cue.mod/module.cue": 'module: "example.com/web@v0"',
  "web.cue": `package web\nversion: "${version}"`,
});
let repository: Repository;
const commits: string[] = [];
beforeAll(async () => {
  repository = await makeRepository(join(folder, "web"));
  commits.push(await repository.commit(web("1")));
  await repository.git("tag", "v1");
  commits.push(await repository.commit(web("2")));
  await repository.git("tag", "--annotate", "--message", "Two", "v2");
  await repository.git("branch", "release/2");
  commits.push(await repository.commit(web("3")));
});
afterEach(() => {
  server.over = undefined;
});

describe("a repository by https", () => {
  it.each([
    ["", 2, "3"],
    ["?ref=main", 2, "3"],
    ["?ref=HEAD", 2, "3"],
    ["?ref=v1", 0, "1"],
    ["?ref=v2", 1, "2"],
    ["?ref=release/2", 1, "2"],
    ["?ref=refs/tags/v1", 0, "1"],
  ])("gives what %s stands for, and the commit", async (query, commit, version) => {
    const fetched = await fetchFrom(server.url("web") + query);
    expect(texts(fetched.files)).toEqual(web(version));
    expect(fetched.revision).toBe(commits[commit]);
  });

  it("gives a commit that no name stands for, whether the server offers that or not", async () => {
    for (const allows of ["false", "true"]) {
      await repository.git("config", "uploadpack.allowReachableSHA1InWant", allows);
      await repository.git("config", "uploadpack.allowFilter", allows);
      const middle = await repository.git("rev-parse", "main~2");
      const fetched = await fetchFrom(`${server.url("web")}?ref=${middle}`);
      expect([texts(fetched.files), fetched.revision]).toEqual([web("1"), middle]);
    }
  });

  it("gives a folder of it alone", async () => {
    const fetched = await fetchFrom(`${server.url("web")}?dir=cue.mod`);
    expect(Object.keys(texts(fetched.files))).toEqual(["module.cue"]);
    const refused = fetchFrom(`${server.url("web")}?dir=nowhere`);
    await expect(refused).rejects.toMatchObject({ kind: "not-found" });
  });

  it("has the same digest for the same files, whatever the commit", async () => {
    const before = await fetchFrom(server.url("web"));
    commits.push(await repository.commit({}));
    const after = await fetchFrom(server.url("web"));
    expect(after.revision).not.toBe(before.revision);
    expect(after.digest).toBe(before.digest);
  });

  it("is asked again after the TTL, and sends nothing where the branch has not moved", async () => {
    const { sources, clock } = make();
    const ref = refOf(`${server.url("web")}?ref=main`);
    await sources.fetch(ref, https(), never);
    await clock.advance(60_000);
    server.requests.length = 0;
    await sources.fetch(ref, https(), never);
    expect(server.requests.filter(({ line }) => line.startsWith("POST"))).toEqual([]);
    commits.push(await repository.commit(web("4")));
    await clock.advance(60_000);
    expect(texts((await sources.fetch(ref, https(), never)).files)).toEqual(web("4"));
  });

  it.each([
    ["/web/.git?ref=nothing", /no branch, tag or commit "nothing"/],
    [`/web/.git?ref=${"0".repeat(39)}1`, /no (such )?commit/],
    ["/none/.git", /no such repository/],
  ])("says not-found of %s", async (path, message) => {
    for (const allows of ["false", "true"]) {
      await repository.git("config", "uploadpack.allowReachableSHA1InWant", allows);
      const refused = fetchFrom(new URL(server.url("web")).origin + path);
      await expect(refused).rejects.toMatchObject({
        kind: "not-found",
        message: expect.stringMatching(message),
      });
    }
  });

  it.each([
    ["a wrong password", { password: "hunter2" }, "unauthorized", "refuses the credentials"],
    ["no password", { password: "" }, "unauthorized", "refuses the credentials"],
    ["no CA", { "ca.crt": "" }, "unreachable", "certificate"],
    ["a CA that is none", { "ca.crt": "hunter2" }, "invalid", "ca.crt holds no certificate"],
  ])("with %s is refused, and nothing secret is said", async (_, data, kind, message) => {
    const refused = fetchFrom(server.url("web"), {}, https(data as Record<string, string>));
    await expect(refused).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
    await expect(refused).rejects.not.toMatchObject({
      message: expect.stringMatching(/hunter2|a-secret-token/),
    });
  });

  it("takes the configuration's CA, and with a token any name", async () => {
    const reader = https({ "ca.crt": "", username: "" });
    expect((await fetchFrom(server.url("web"), { registries: { ca } }, reader)).revision).toBe(
      commits.at(-1),
    );
  });

  it("that is away is answered for by the cache", async () => {
    const gone = await startGitServer(folder, certificate, login);
    const { sources, clock, cacheDir } = make();
    const ref = refOf(gone.url("web"));
    const reader = (more = {}) => https({ host: hostOf(gone), ...more });
    await sources.fetch(ref, reader(), never);
    await gone.close();
    await clock.advance(60_000);
    const stale = await sources.fetch(ref, reader(), never);
    expect(stale.stale?.reason).toContain("connection refused");
    const stranger = reader({ password: "another" });
    const refused = make({ cacheDir }).sources.fetch(ref, stranger, never);
    await expect(refused).rejects.toMatchObject({ kind: "unreachable" });
  });
});

describe("a tree", () => {
  it("has no links and no submodules", async () => {
    const linked = await makeRepository(join(folder, "linked"));
    await linked.git("config", "protocol.file.allow", "always");
    await linked.commit({ "a.cue": "package a", out: { link: "/etc/passwd" }, "b/in": { link: "../a.cue" } });
    await linked.git(
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "--quiet",
      "add",
      join(folder, "web"),
      "sub",
    );
    await linked.commit({});
    const fetched = await fetchFrom(server.url("linked"));
    expect(Object.keys(texts(fetched.files)).sort()).toEqual([".gitmodules", "a.cue"]);
  });

  it.each([
    ["maxFileBytes", 100],
    ["maxBytes", 150],
    ["maxFiles", 2],
    ["maxDepth", 1],
    ["maxPathBytes", 20],
  ] as const)("takes the largest allowed, and not one more: %s", async (limit, largest) => {
    const name = `limit-${limit}`;
    const limited = await makeRepository(join(folder, name));
    await limited.git("config", "uploadpack.allowFilter", "true");
    const path = "d/".padEnd(20, "p");
    const size = limit === "maxFileBytes" ? 100 : 75;
    await limited.commit({ [path]: "x".repeat(size), a: "y".repeat(limit === "maxFileBytes" ? 1 : 75) });
    const limits = { [limit]: largest };
    expect((await fetchFrom(server.url(name), { limits })).files.size).toBe(2);
    const more: Record<string, Record<string, string>> = {
      maxFileBytes: { [path]: "x".repeat(101) },
      maxBytes: { a: "y".repeat(76) },
      maxFiles: { more: "" },
      maxDepth: { "d/e/f": "" },
      maxPathBytes: { [`${path}p`]: "" },
    };
    await limited.commit(more[limit] ?? {});
    await expect(fetchFrom(server.url(name), { limits })).rejects.toMatchObject({ kind: "too-large" });
  });

  it("is not asked for its history", async () => {
    const long = await makeRepository(join(folder, "long"));
    const random = Buffer.alloc(300_000, 7).map((_, i) => (i * 2_654_435_761) >>> 13);
    await long.commit({ big: Buffer.from(random).toString("base64") });
    await long.commit({ big: "small now" });
    const { sources, metrics } = make();
    await sources.fetch(refOf(server.url("long")), https(), never);
    const bytes = Number(/kubenova_source_bytes_total\{type="git"\} (\d+)/.exec(metrics.text())?.[1]);
    expect(bytes).toBeLessThan(20_000);
  });
});

describe("a server that", () => {
  it("sends more than allowed is cut off", async () => {
    const big = await makeRepository(join(folder, "big"));
    await big.git("config", "core.compression", "0");
    await big.commit({ big: "x".repeat(200_000) });
    await expect(
      fetchFrom(server.url("big"), { limits: { maxArchiveBytes: 100_000 } }),
    ).rejects.toMatchObject({
      kind: "too-large",
    });
    expect((await fetchFrom(server.url("big"), { limits: { maxArchiveBytes: 300_000 } })).files.size).toBe(1);
  });

  it("packs much into little is stopped by its memory, and the agent goes on", async () => {
    const bomb = await makeRepository(join(folder, "bomb"));
    await bomb.git("config", "core.compression", "1");
    await bomb.commit({ bomb: "\0".repeat(96 * 2 ** 20) });
    const limits = { gitMemoryBytes: 128 * 2 ** 20 };
    const refused = fetchFrom(server.url("bomb"), { limits });
    await expect(refused).rejects.toMatchObject({
      kind: "too-large",
      message: expect.stringContaining("memory"),
    });
    expect((await fetchFrom(server.url("web"), { limits })).revision).toBe(commits.at(-1));
  });

  it("sends nothing ends after the idle time", async () => {
    server.over = () => true;
    await expect(fetchFrom(server.url("web"), { limits: { idleMs: 300 } })).rejects.toMatchObject({
      kind: "timeout",
    });
  });

  it("drips ends at the time limit, and leaves no process", async () => {
    const pids = new Set<number>();
    server.over = (_, answer) => {
      answer.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
      // A line that is announced to be long.
      answer.write("001e# service=git-upload-pack\n0000ff00");
      const timer = setInterval(() => answer.write("0"), 50);
      answer.once("close", () => clearInterval(timer));
      for (const pid of childrenOf(process.pid)) pids.add(pid);
      return true;
    };
    const refused = fetchFrom(server.url("web"), { clock: systemClock, limits: { timeoutMs: 700 } });
    await expect(refused).rejects.toMatchObject({ kind: "timeout" });
    expect(pids.size).toBeGreaterThan(0);
    await until("the process has ended", () => !childrenOf(process.pid).some((pid) => pids.has(pid)));
  });

  it("cuts its answer, or speaks no git, is unreachable", async () => {
    for (const body of ["001e# service=git-upload-pack\n0000", "<html>", ""]) {
      server.over = (_, answer) => {
        answer.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
        answer.end(body);
        return true;
      };
      const refused = fetchFrom(server.url("web"));
      await expect(refused).rejects.toMatchObject({
        kind: expect.stringMatching(/^(unreachable|not-found)$/),
      });
    }
  });

  it("redirects to where the pull secret is not for is left there; without a password, or where it is, it is followed", async () => {
    const other = await startGitServer(folder, certificate);
    server.over = (request, answer) => {
      answer.writeHead(302, { location: new URL(request.url ?? "", other.url("web")).href }).end();
      return true;
    };
    await expect(fetchFrom(server.url("web"))).rejects.toMatchObject({
      kind: "forbidden",
      message: expect.stringContaining(`redirects to ${hostOf(other)}`),
    });
    expect(other.requests).toEqual([]);
    const both = `${hostOf(server)},${hostOf(other)}`;
    const followed: Record<string, string>[] = [{ host: both }, { password: "" }];
    for (const more of followed) {
      await fetchFrom(server.url("web"), {}, https(more));
    }
    expect(other.requests.length).toBeGreaterThan(0);
    await other.close();
  });

  it("redirects to the metadata service has it never asked", async () => {
    server.over = (_, answer) => {
      answer.writeHead(302, { location: "https://169.254.169.254/latest/meta-data/" }).end();
      return true;
    };
    const reader = https({ host: `${hostOf(server)},169.254.169.254` });
    await expect(fetchFrom(server.url("web"), {}, reader)).rejects.toMatchObject({
      kind: "forbidden",
      message: expect.stringContaining("no source may have"),
    });
  });

  it("is not named by the pull secret is never asked", async () => {
    const asked = server.requests.length;
    for (const host of ["", "git.example.com", "127.0.0.1"]) {
      await expect(fetchFrom(server.url("web"), {}, https({ host }))).rejects.toMatchObject({
        kind: "forbidden",
        message: expect.stringContaining(`add ${hostOf(server)} to its key`),
      });
    }
    expect(server.requests).toHaveLength(asked);
  });
});

describe("addresses", () => {
  it.each(["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])(
    "%s is refused unless the configuration allows it",
    async (host) => {
      const url = server.url("web").replace("127.0.0.1", host);
      const refused = fetchFrom(url, { network: {} }, https({ host: new URL(url).host }));
      await expect(refused).rejects.toMatchObject({
        kind: "forbidden",
        message: expect.stringContaining("no source may have"),
      });
    },
  );
});

describe("a repository by ssh", () => {
  let sshd: SshServer;
  beforeAll(async () => {
    sshd = await startSshServer();
  });
  afterAll(() => sshd?.stop());
  const ssh = (data: Record<string, string> = {}) =>
    readerOf({
      secrets: { pull: { "ssh-privatekey": sshd.privateKey, known_hosts: sshd.knownHosts, ...data } },
    });

  it("gives what the name stands for", async () => {
    const fetched = await fetchFrom(`${sshd.url(join(folder, "web"))}?ref=v1`, {}, ssh());
    expect([texts(fetched.files), fetched.revision]).toEqual([web("1"), commits[0]]);
  });

  it.each([
    ["another host's key", { known_hosts: "other" }, "forbidden", "host key"],
    ["no host's key", { known_hosts: "\n# nobody\n" }, "forbidden", "host key"],
    ["no known_hosts", { known_hosts: "" }, "invalid", "known_hosts"],
    ["known_hosts that are none", { known_hosts: "hunter2" }, "invalid", "known_hosts"],
    ["no private key", { "ssh-privatekey": "" }, "invalid", "ssh-privatekey"],
    ["a key that is none", { "ssh-privatekey": "hunter2" }, "invalid", "ssh-privatekey"],
  ])("is refused with %s", async (_, data: Record<string, string>, kind, message) => {
    const given = data.known_hosts === "other" ? { known_hosts: sshd.otherHost } : data;
    const refused = fetchFrom(sshd.url(join(folder, "web")), {}, ssh(given));
    await expect(refused).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining("hunter2") });
  });

  it("is refused with a key that the server does not know", async () => {
    const other = await startSshServer();
    const refused = fetchFrom(sshd.url(join(folder, "web")), {}, ssh({ "ssh-privatekey": other.privateKey }));
    await expect(refused).rejects.toMatchObject({ kind: "unauthorized" });
    await other.stop();
  });

  it("is refused by its address, and missing where it is not", async () => {
    const refused = fetchFrom(sshd.url(join(folder, "web")), { network: {} }, ssh());
    await expect(refused).rejects.toMatchObject({ kind: "forbidden" });
    await expect(fetchFrom(sshd.url("/nowhere"), {}, ssh())).rejects.toMatchObject({ kind: "not-found" });
  });
});

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}
