import { beforeAll, describe, expect, it } from "vitest";
import { Browser, MANAGER } from "../../../test/workerd/browser.ts";
import { call, givenProvider, loggedIn, type Provider, TestIssuer } from "../../../test/workerd/login.ts";

/** Whose word it takes to send a browser to a provider, and where it may be sent. */

const ACME = "acme";
let issuer: TestIssuer;
let platform: Provider;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  platform = await givenProvider(issuer, { displayName: "Google <b>" });
  await call("PUT", `/tenants/${ACME}`, { body: {} });
});

const loginOf = ({ id }: Provider, more = "") => `/api/v1/auth/login/${id}?returnTo=%2Fdevice${more}`;
const from = (site: string, referer?: string) => ({
  headers: { "sec-fetch-site": site, ...(referer ? { referer } : {}) },
});
const linkIn = (html: string): string =>
  (/<a class="button first" href="([^"]+)"/.exec(html)?.[1] ?? "").replaceAll("&amp;", "&");
const cookiesOf = (response: Response) => response.headers.getSetCookie();

describe("a login that another site begins", () => {
  it.each([
    ["another site", from("cross-site", "https://evil.example/")],
    ["a neighbour", from("same-site")],
    ["a mail", from("none")],
  ])("by a link on %s asks the person, and nothing has begun until he says so", async (_, init) => {
    const browser = new Browser();
    const asked = await browser.ask(loginOf(platform), init);
    const html = await asked.text();
    expect([asked.status, asked.headers.get("location"), cookiesOf(asked)]).toEqual([200, null, []]);
    expect(html).toContain("Google &lt;b&gt;");
    expect(html).toContain(new URL(issuer.url).host);
    expect(asked.headers.get("x-frame-options")).toBe("DENY");
    const next = await browser.ask(linkIn(html), from("same-origin", `${MANAGER}/api/v1/auth/login`));
    expect([next.status, next.headers.get("location")]).toEqual([302, expect.stringContaining(issuer.url)]);
  });

  it("cannot be confirmed by the link itself", async () => {
    const link = loginOf(platform, `&confirmed=${new URL(issuer.url).host}`);
    expect((await new Browser().ask(link, from("cross-site"))).status).toBe(200);
  });

  it("leaves whoever is logged in as who he is", async () => {
    const { browser, userId } = await loggedIn(platform, "victim@acme.example");
    const evil = await givenProvider(await TestIssuer.start(), {}, ACME);
    const site = await browser.ask(loginOf(evil), from("cross-site", "https://evil.example/"));
    expect(cookiesOf(site)).toEqual([]);
    const { token } = (await (await browser.post("/api/v1/auth/refresh")).json()) as { token: string };
    expect((await call("GET", "/me", { token })).body).toMatchObject({ id: userId });
  });
});

describe("where a login leads", () => {
  const lying = async (endpoint: string, tenant?: string) => {
    const liar = await TestIssuer.start();
    await liar.lie({ discovery: { authorization_endpoint: endpoint } });
    return givenProvider(liar, {}, tenant);
  };

  it.each([
    ["http://login.example.com/auth", "not https"],
    ["javascript:alert(1)", "not https"],
    ["https://user:pass@login.example.com/auth", "a password"],
    ["https://login.example.com/auth#here", "a fragment"],
  ])("is never %s", async (endpoint, why) => {
    const response = await new Browser().ask(loginOf(await lying(endpoint)), from("same-origin"));
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining(why)]);
  });

  it("a tenant's provider says, and the person is told where it is not the issuer's own host", async () => {
    const provider = await lying("https://login.example.net/oauth2/authorize", ACME);
    const browser = new Browser();
    const asked = await browser.ask(loginOf(provider), from("same-origin"));
    const html = await asked.text();
    expect([asked.status, html]).toEqual([200, expect.stringContaining("Go on to login.example.net")]);
    const next = await browser.ask(linkIn(html), from("same-origin"));
    expect(next.headers.get("location")).toMatch(/^https:\/\/login\.example\.net\/oauth2\/authorize\?/);
  });

  it("the platform's operator knows: his providers lead on at once, as Amazon Cognito does", async () => {
    const provider = await lying("https://acme.auth.eu-west-1.amazoncognito.com/oauth2/authorize");
    const response = await new Browser().ask(loginOf(provider), from("same-origin"));
    expect(response.status).toBe(302);
  });

  it("the page of logins says by the host of each of a tenant's own", async () => {
    const own = await givenProvider(issuer, { displayName: "KubeNova" }, ACME);
    const html = await (await new Browser().ask(`/device?tenant=${ACME}`)).text();
    expect(html).toContain(
      `${own.id}?returnTo=%2Fdevice">Log in with KubeNova (${new URL(issuer.url).host})<`,
    );
    expect(html).toContain("Log in with Google &lt;b&gt;<");
  });
});
