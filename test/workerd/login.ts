import { inject } from "vitest";
import type { Lie } from "../services/oidc-lies.ts";
import { adminToken } from "./api.ts";
import { ask, Browser, MANAGER } from "./browser.ts";

export const REFRESH_COOKIE = "__Host-kubenova-refresh";
export const CLIENT = { clientId: "kubenova", clientSecret: "planted-oidc-client-secret-4711" };

export interface Answer<T = Record<string, unknown>> {
  status: number;
  body: T;
  code: string | undefined;
  headers: Headers;
}

/** Calls the manager that may ask the tests' providers; the administrator's token where none is given. */
export async function call<T = Record<string, unknown>>(
  method: string,
  path: string,
  init: { body?: unknown; token?: string | null; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const headers = new Headers(init.headers);
  const token = init.token === undefined ? await adminToken() : init.token;
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  if (init.body !== undefined) headers.set("content-type", "application/json");
  const body = init.body === undefined ? null : JSON.stringify(init.body);
  const response = await ask(new Request(`${MANAGER}/api/v1${path}`, { method, headers, body }));
  const text = await response.text();
  const parsed = text.startsWith("{") ? JSON.parse(text) : text;
  return { status: response.status, body: parsed, code: parsed?.error?.code, headers: response.headers };
}

/** A provider that runs for the tests, alone for whoever made it. */
export class TestIssuer {
  readonly url: string;
  readonly #control: string;

  private constructor(url: string, control: string) {
    this.url = url;
    this.#control = control;
  }

  static async start(): Promise<TestIssuer> {
    const { issuer, control } = await posted<{ issuer: string; control: string }>(
      `http://${inject("oidc")}/issuers`,
    );
    return new TestIssuer(issuer, control);
  }

  rotateKeys = () => posted(`${this.#control}/keys`);
  lie = (lie: Lie) => posted(`${this.#control}/lie`, lie);
  /** How often it was asked for a path. */
  asked = async (path: string): Promise<number> =>
    (await posted<{ asked: Record<string, number> }>(this.#control)).asked[path] ?? 0;
}

async function posted<T>(url: string, body: unknown = {}): Promise<T> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  return (await response.json()) as T;
}

export interface Provider {
  id: string;
  name: string;
  redirectUri: string;
}

let made = 0;

/** A provider of the platform, or of a tenant, at an issuer. */
export async function givenProvider(
  issuer: TestIssuer,
  options: Record<string, unknown> = {},
  tenant?: string,
): Promise<Provider> {
  const path = tenant === undefined ? "/identity-providers" : `/tenants/${tenant}/identity-providers`;
  const body = {
    name: `idp-${++made}`,
    issuer: issuer.url,
    ...CLIENT,
    scopes: ["openid", "email", "profile", "groups"],
    groupsClaim: "groups",
    users: "everyone",
    ...options,
  };
  const answer = await call<Provider & Record<string, unknown>>("POST", path, { body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

/** The address at the provider that the manager sends the browser to, for a person who logs in there. */
export async function begin(
  browser: Browser,
  provider: Provider,
  person: string,
  returnTo = "/device",
): Promise<URL> {
  const response = await browser.ask(
    `/api/v1/auth/login/${provider.id}?returnTo=${encodeURIComponent(returnTo)}`,
  );
  const location = response.headers.get("location");
  if (response.status !== 302 || location === null)
    throw new Error(`${response.status}: ${await response.text()}`);
  const url = new URL(location);
  url.searchParams.set("login_hint", person);
  return url;
}

/** The address of the callback with the code, at which the browser is not yet. */
export async function atCallback(
  browser: Browser,
  provider: Provider,
  person: string,
  returnTo?: string,
): Promise<URL> {
  const start = await begin(browser, provider, person, returnTo);
  const { url } = await browser.follow(start, (next) => next.pathname.startsWith("/api/v1/auth/callback/"));
  return url;
}

/** The answer of the manager to the callback. */
export async function logIn(
  browser: Browser,
  provider: Provider,
  person: string,
  returnTo?: string,
): Promise<Response> {
  return browser.ask(await atCallback(browser, provider, person, returnTo));
}

export interface Tokens {
  token: string;
  refreshToken: string;
  sessionId: string;
  expiresIn: number;
}

/** A person who is logged in: a browser, and an access token by its cookie. */
export async function loggedIn(provider: Provider, person: string, browser = new Browser()) {
  const response = await logIn(browser, provider, person);
  if (response.status !== 303) throw new Error(`${response.status}: ${await response.text()}`);
  const refreshed = await browser.post("/api/v1/auth/refresh");
  const tokens = (await refreshed.json()) as Tokens;
  const me = await call<{ id: string }>("GET", "/me", { token: tokens.token });
  return { browser, ...tokens, userId: me.body.id };
}
