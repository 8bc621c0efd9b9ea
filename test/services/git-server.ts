/** Real git servers for tests: `git http-backend` behind https with a password, and sshd. */

import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../cluster/run.ts";
import { endWithParent, freePort, killTree } from "../lib/process.ts";
import { until } from "../lib/until.ts";
import type { Certificate } from "../manager/certificate.ts";

export interface Repository {
  folder: string;
  /** Runs git in it; gives what it prints. */
  git(...args: string[]): Promise<string>;
  /** Writes the files (a text, or the target of a link), commits all, and gives the commit. */
  commit(files: Record<string, string | { link: string }>): Promise<string>;
}

const IDENTITY = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
/** No configuration but what a test gives. */
const ALONE = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };

export async function makeRepository(folder: string): Promise<Repository> {
  mkdirSync(folder, { recursive: true });
  const git = async (...args: string[]) =>
    (await run("git", [...IDENTITY, "-C", folder, ...args], { env: ALONE })).trim();
  await git("init", "--quiet", "--initial-branch=main");
  return {
    folder,
    git,
    async commit(files) {
      for (const [path, content] of Object.entries(files)) {
        const at = join(folder, path);
        mkdirSync(dirname(at), { recursive: true });
        rmSync(at, { force: true });
        if (typeof content === "string") writeFileSync(at, content);
        else symlinkSync(content.link, at);
      }
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "--message", "A change");
      return git("rev-parse", "HEAD");
    },
  };
}

export interface GitServer {
  /** `https://127.0.0.1:port/NAME/.git` */
  url(name: string): string;
  /** Method and path of each request, and whether it had credentials. */
  requests: { line: string; hasCredentials: boolean }[];
  /** Answers instead of git, where it is set and gives true. */
  over?: ((request: IncomingMessage, answer: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

/** Serves the repositories below `root` to whom has `username` and `password`; to all, without them. */
export async function startGitServer(
  root: string,
  certificate: Certificate,
  login?: { username: string; password: string },
): Promise<GitServer> {
  const tls = { key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) };
  const expected = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
  const server = createServer(tls, (request, answer) => {
    const { authorization } = request.headers;
    started.requests.push({
      line: `${request.method} ${request.url}`,
      hasCredentials: Boolean(authorization),
    });
    if (started.over?.(request, answer)) return;
    if (expected && authorization !== expected) {
      answer.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
    } else {
      backend(root, request, answer);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const started: GitServer = {
    url: (name) => `https://127.0.0.1:${port}/${name}/.git`,
    requests: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return started;
}

/** One CGI request. */
function backend(root: string, request: IncomingMessage, answer: ServerResponse): void {
  const url = new URL(request.url ?? "", "https://git");
  const child = spawn("git", ["http-backend"], {
    env: {
      ...ALONE,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "",
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  endWithParent(child);
  child.stdin.on("error", () => {});
  request.pipe(child.stdin);
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    if (!head) return void answer.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const lines = head.toString("latin1", 0, end).split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
    );
    const { Status: status = "200", ...rest } = headers;
    answer.writeHead(Number.parseInt(status, 10), rest);
    answer.write(head.subarray(end + 4));
    head = undefined;
  });
  child.stdout.on("end", () => answer.end());
}

export interface SshServer {
  /** `ssh://user@127.0.0.1:port/FOLDER` */
  url(folder: string): string;
  /** PEM of the key that it lets in. */
  privateKey: string;
  /** Its line for known_hosts. */
  knownHosts: string;
  /** The line of a host key that is another's. */
  otherHost: string;
  stop(): Promise<void>;
}

export async function startSshServer(): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), "sshd-"));
  const file = (name: string) => join(folder, name);
  for (const name of ["host", "other", "client"]) {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
  }
  const port = await freePort();
  writeFileSync(file("authorized"), readFileSync(file("client.pub")));
  const settings = {
    ...{
      ListenAddress: "127.0.0.1",
      Port: port,
      HostKey: file("host"),
      AuthorizedKeysFile: file("authorized"),
    },
    ...{
      StrictModes: "no",
      UsePAM: "no",
      PasswordAuthentication: "no",
      PermitRootLogin: "prohibit-password",
    },
    ...{ PidFile: "none", LogLevel: "ERROR" },
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);
  writeFileSync(file("config"), lines.join(""));
  chmodSync(file("host"), 0o600);
  // Where sshd, as root, parts with its privileges.
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", file("config")], { stdio: "ignore" });
  endWithParent(child);
  const line = (name: string) =>
    `[127.0.0.1]:${port} ${readFileSync(file(`${name}.pub`), "utf8")
      .split(" ")
      .slice(0, 2)
      .join(" ")}\n`;
  await until("sshd", async () =>
    (await run("ssh-keyscan", ["-p", String(port), "127.0.0.1"])).includes("ed25519"),
  );
  return {
    url: (repository) => `ssh://${userInfo().username}@127.0.0.1:${port}${repository}`,
    privateKey: readFileSync(file("client"), "utf8"),
    knownHosts: line("host"),
    otherHost: line("other"),
    async stop() {
      await killTree(child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
