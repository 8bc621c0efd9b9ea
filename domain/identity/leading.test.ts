import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFromOurs, whyAsk } from "./leading.ts";

const CONSOLE = "https://console.example.com";
const text = fc.option(fc.oneof(fc.webUrl(), fc.string()), { nil: null });

describe("a browser comes from us", () => {
  test.each([
    ["from a page of ours", { site: "same-origin", referrer: null }, true],
    ["from a listed console", { site: "cross-site", referrer: `${CONSOLE}/login?x=1` }, true],
    ["from a listed console of the same site", { site: "same-site", referrer: `${CONSOLE}/` }, true],
    ["as a program does", { site: null, referrer: null }, true],
    ["from another site", { site: "cross-site", referrer: "https://evil.example/" }, false],
    ["from a site that hides itself", { site: "cross-site", referrer: null }, false],
    ["from a neighbour", { site: "same-site", referrer: "https://blog.example.com/" }, false],
    ["from a mail or a bookmark", { site: "none", referrer: null }, false],
    ["from a name that begins alike", { site: "cross-site", referrer: `${CONSOLE}.evil.example/` }, false],
    [
      "from a listed name in a user's place",
      { site: "cross-site", referrer: `${CONSOLE}@evil.example/` },
      false,
    ],
  ])("%s", (_, arrival, expected) => expect(isFromOurs(arrival, [CONSOLE])).toBe(expected));

  test("never by a header that is odd", () => {
    fc.assert(
      fc.property(fc.string(), text, (site, referrer) => {
        fc.pre(site !== "same-origin");
        expect(isFromOurs({ site, referrer }, [])).toBe(false);
      }),
    );
  });
});

describe("a person is asked", () => {
  const known = { fromOurs: true, isTenants: true, issuer: "https://idp.example.com/realms/acme" };

  test.each([
    ["not where the login page is the issuer's own", { endpoint: "https://idp.example.com/auth" }, undefined],
    ["where it is elsewhere", { endpoint: "https://evil.example/auth" }, "host"],
    ["where it is on another port", { endpoint: "https://idp.example.com:8443/auth" }, "host"],
    ["where its name begins alike", { endpoint: "https://idp.example.com.evil.example/" }, "host"],
    ["not twice", { endpoint: "https://login.example.net/a", confirmed: "login.example.net" }, undefined],
    [
      "again where it has moved",
      { endpoint: "https://evil.example/", confirmed: "login.example.net" },
      "host",
    ],
    ["not for a provider of the platform", { endpoint: "https://x.example/", isTenants: false }, undefined],
  ])("%s", (_, leading, expected) => expect(whyAsk({ ...known, ...leading })).toBe(expected));

  test("always, who comes from elsewhere: no link of another's confirms anything", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.webUrl(), fc.webUrl(), (isTenants, issuer, endpoint) => {
        const confirmed = new URL(endpoint).host;
        expect(whyAsk({ fromOurs: false, isTenants, issuer, endpoint, confirmed })).toBe("elsewhere");
      }),
    );
  });
});
