import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attempt } from "../cluster/run.ts";
import { until } from "../lib/until.ts";
import { ROOT } from "../manager/bundle.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { CLIENT_ID, CLIENT_SECRET } from "../services/oidc-issuer.ts";
import { newIssuer, type OidcServer, startOidcServer } from "../services/oidc-provider.ts";

/** The script of docs/login.md, on a fresh installation, with a person who does what it says. */

const MINUTE_MS = 60_000;
const script = /```sh\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "docs/login.md"), "utf8"))?.[1] ?? "";

let oidc: OidcServer;
let manager: Manager;
let issuer: string;

beforeAll(async () => {
  oidc = await startOidcServer();
  manager = await startManager({ vars: { OUTBOUND_ALLOW_HOSTS_TENANTS: oidc.host } });
  issuer = await newIssuer(oidc.host);
});
afterAll(async () => {
  await manager?.stop();
  await oidc?.close();
});

/** A person's browser, as far as cookies and redirects go. */
class Person {
  readonly #cookies = new Map<string, string>();

  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("cookie", [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    headers.set("accept", "text/html");
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = line.split(";")[0]?.split(/=(.*)/s) ?? [];
      this.#cookies.set(name, value);
    }
    return response;
  }

  /** Goes where it is sent, and says at the provider who it is. */
  async follow(url: string): Promise<{ url: string; html: string }> {
    const response = await this.ask(url);
    const location = response.headers.get("location");
    if (location === null) return { url, html: await response.text() };
    const next = new URL(location, url);
    if (next.pathname.endsWith("/auth") && next.origin !== new URL(manager.url).origin) {
      next.searchParams.set("login_hint", "ada@acme.example");
    }
    return this.follow(next.href);
  }
}

/** What a person does with the address that the script prints. */
async function confirm(address: string): Promise<string> {
  const person = new Person();
  const { html } = await person.follow(address);
  const link = /href="(\/api\/v1\/auth\/login\/[^"]+)"/.exec(html)?.[1] ?? "";
  const page = await person.follow(`${manager.url}${link}`);
  const field = (name: string): string =>
    new RegExp(`name="${name}" value="([^"]+)"`).exec(page.html)?.[1] ?? "";
  const body = new URLSearchParams({
    user_code: field("user_code"),
    proof: field("proof"),
    decision: "approve",
  });
  const headers = { origin: manager.url, "content-type": "application/x-www-form-urlencoded" };
  const answer = await person.ask(`${manager.url}/device`, {
    method: "POST",
    headers,
    body: body.toString(),
  });
  return answer.text();
}

describe("the script of docs/login.md", () => {
  test("logs a person in within a minute of a fresh installation", async () => {
    const began = performance.now();
    const env = {
      ...process.env,
      KUBENOVA_URL: manager.url,
      PLATFORM_ADMIN_KEY: manager.key,
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
    };
    const shell = spawn("bash", ["-euo", "pipefail", "-c", script], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    shell.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    const ended = new Promise<number | null>((resolve) => shell.on("exit", resolve));
    const address = await until("the address to open", () => /^open (\S+)$/m.exec(printed)?.[1]);
    expect(printed).toContain(`register with the provider: ${manager.url}/api/v1/auth/callback/idp_`);
    expect(await confirm(address)).toContain("The terminal is connected");
    expect(await ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(MINUTE_MS);
    const me = JSON.parse(printed.slice(printed.indexOf("{")));
    expect(me).toMatchObject({ kind: "user", email: "ada@acme.example" });
  });

  test("says what is wrong where the administrator's key is another", async () => {
    const env = { ...process.env, KUBENOVA_URL: manager.url, PLATFORM_ADMIN_KEY: "x" };
    const { code, stderr } = await attempt("bash", ["-euo", "pipefail", "-c", script], { env });
    expect(code).not.toBe(0);
    expect(stderr).toContain("401");
  });
});
