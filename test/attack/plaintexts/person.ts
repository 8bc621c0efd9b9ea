const isLong = (value: string): boolean => value.length > 15;

/** A person's browser, in front of a manager and its login providers: it keeps each origin's cookies. */
export class Person {
  readonly #manager: string;
  readonly #jars = new Map<string, Map<string, string>>();

  constructor(manager: string) {
    this.#manager = manager;
  }

  /** One request, redirects unfollowed. */
  async ask(to: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(to, this.#manager);
    const headers = new Headers(init.headers);
    const jar = this.#jar(url);
    headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    if (!headers.has("accept")) headers.set("accept", "text/html,*/*");
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  /** A form or JSON that a page of the manager sends. */
  post(path: string, body: URLSearchParams | string): Promise<Response> {
    const type = typeof body === "string" ? "application/json" : "application/x-www-form-urlencoded";
    const headers = { origin: this.#manager, "sec-fetch-site": "same-origin", "content-type": type };
    return this.ask(path, { method: "POST", headers, body: body.toString() });
  }

  /** Logs in at a provider as somebody. @returns the values of all cookies and codes that it was given on the way */
  async logIn(provider: string, who: string): Promise<string[]> {
    const codes: string[] = [];
    let url = new URL(`/api/v1/auth/login/${provider}?returnTo=/device`, this.#manager);
    for (let hops = 0; hops < 12; hops++) {
      const response = await this.ask(url.href);
      const location = response.headers.get("location");
      if (response.status === 303 && url.pathname.startsWith("/api/v1/auth/callback/"))
        return this.#given(codes);
      if (location === null) throw new Error(`${url.pathname}: ${response.status} ${await response.text()}`);
      url = new URL(location, url);
      if (url.pathname.endsWith("/auth")) url.searchParams.set("login_hint", who);
      codes.push(...["code", "state", "nonce"].flatMap((name) => url.searchParams.get(name) ?? []));
    }
    throw new Error("redirected without end");
  }

  /** Lets a terminal in. @returns the form's proof */
  async approve(userCode: string): Promise<string> {
    const page = await (await this.ask(`/device?user_code=${userCode}`)).text();
    const proof = /name="proof" value="([^"]+)"/.exec(page)?.[1];
    if (!proof) throw new Error(`no form: ${page.slice(0, 2_000)}`);
    const form = new URLSearchParams({ user_code: userCode, decision: "approve", proof });
    const answer = await this.post("/device", form);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    return proof;
  }

  /** Of the manager, as far as they are long enough to be a secret. */
  cookies(): string[] {
    return [...this.#jar(new URL(this.#manager)).values()].filter(isLong);
  }

  #given(codes: string[]): string[] {
    return [...new Set([...codes.filter(isLong), ...this.cookies()])];
  }

  #jar(url: URL): Map<string, string> {
    const jar = this.#jars.get(url.origin) ?? new Map<string, string>();
    this.#jars.set(url.origin, jar);
    return jar;
  }
}
