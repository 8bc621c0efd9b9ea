import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { inject } from "vitest";
import { createApp } from "../../worker/app.ts";
import type { Env } from "../../worker/env.ts";

const app = createApp();
export const MANAGER = "https://kubenova.test";

/** The manager as the tests of logins run it: it may ask the tests' own providers, which are on this machine. */
export const loginEnv = (more: Partial<Env> = {}): Env => ({
  ...env,
  OUTBOUND_ALLOW_HOSTS_TENANTS: inject("oidc"),
  ...more,
});

/** One request to the manager, with what it does after its answer. */
export async function ask(request: Request, more: Partial<Env> = {}): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, loginEnv(more), context);
  await waitOnExecutionContext(context);
  return response;
}

const isManager = (url: URL): boolean => url.origin === MANAGER;

/** A person's browser: it keeps cookies for each origin, and goes where it is sent. */
export class Browser {
  readonly #jars = new Map<string, Map<string, string>>();
  readonly address: string;

  constructor(address = "203.0.113.7") {
    this.address = address;
  }

  /** One request, redirects unfollowed. */
  async ask(to: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(to, MANAGER);
    const headers = new Headers(init.headers);
    const jar = this.#jar(url);
    if (jar.size > 0) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    if (!headers.has("accept")) headers.set("accept", "text/html,*/*");
    if (isManager(url)) headers.set("cf-connecting-ip", this.address);
    const request = new Request(url, { ...init, headers, redirect: "manual" });
    const response = isManager(url) ? await ask(request) : await fetch(request);
    for (const line of response.headers.getSetCookie()) keep(jar, line);
    return response;
  }

  /** Follows redirects until there is none, or one that `stop` says not to follow. */
  async follow(
    to: string | URL,
    stop: (url: URL) => boolean = () => false,
  ): Promise<{ url: URL; response: Response }> {
    let url = new URL(to, MANAGER);
    for (let hops = 0; hops < 12; hops++) {
      const response = await this.ask(url);
      const location = response.headers.get("location");
      if (location === null) return { url, response };
      await response.body?.cancel();
      const next = new URL(location, url);
      if (stop(next)) return { url: next, response };
      url = next;
    }
    throw new Error("redirected without end");
  }

  /** A POST as a page of the manager makes it. */
  post(
    path: string,
    body: Record<string, string> | string = "",
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const isForm = typeof body !== "string";
    const type = isForm ? "application/x-www-form-urlencoded" : "application/json";
    return this.ask(path, {
      method: "POST",
      body: isForm ? new URLSearchParams(body).toString() : body,
      headers: { origin: MANAGER, "sec-fetch-site": "same-origin", "content-type": type, ...headers },
    });
  }

  cookie(name: string): string | undefined {
    return this.#jar(new URL(MANAGER)).get(name);
  }

  setCookie(name: string, value: string): void {
    this.#jar(new URL(MANAGER)).set(name, value);
  }

  #jar(url: URL): Map<string, string> {
    const jar = this.#jars.get(url.origin) ?? new Map<string, string>();
    this.#jars.set(url.origin, jar);
    return jar;
  }
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = ""] = line.split(";");
  const at = pair.indexOf("=");
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
  if (value === "" || /max-age=0/i.test(line)) jar.delete(name);
  else jar.set(name, value);
}
