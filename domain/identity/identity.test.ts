import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AdmissionFacts, type AdmissionRules, admit } from "./admission.ts";
import { type ClaimRules, MAX_GROUPS, readClaims } from "./claims.ts";
import { type DeviceState, judgePoll, nextInterval } from "./device.ts";
import { domainOf, maskedEmail, readEmail } from "./email.ts";
import { isAtHome, MAX_REALM_USERS } from "./realm.ts";
import { expiryOf, judgeRefresh, REFRESH_TTL_MS, REPEAT_GRACE_MS, SESSION_MAX_MS } from "./refresh.ts";
import { safeReturnTo } from "./return-to.ts";
import { readUserCode, userCodeFrom } from "./user-code.ts";

describe("a refresh token", () => {
  const state = { generation: 5, rotatedAt: 1_000, endedAt: null, expiresAt: 10_000_000 };

  it.each([
    ["the newest", 5, state, "rotate"],
    ["the one before, at once", 4, state, "repeat"],
    ["an older one, even at once", 3, state, "reused"],
    ["one that was not given out yet", 6, state, "ended"],
    ["the newest of a login that has ended", 5, { ...state, endedAt: 1 }, "ended"],
    ["the newest of a login past its time", 5, { ...state, expiresAt: 2_000 }, "ended"],
    ["the one before, where nothing says when", 4, { ...state, rotatedAt: null }, "reused"],
  ])("%s: %#", (_what, generation, of, expected) => {
    expect(judgeRefresh(of, generation, 2_000)).toBe(expected);
  });

  it("is repeated for a bounded time only", () => {
    expect(judgeRefresh(state, 4, 1_000 + REPEAT_GRACE_MS - 1)).toBe("repeat");
    expect(judgeRefresh(state, 4, 1_000 + REPEAT_GRACE_MS)).toBe("reused");
  });

  it("never makes a login last longer than is allowed", () => {
    expect(expiryOf(0, 0)).toBe(REFRESH_TTL_MS);
    expect(expiryOf(0, SESSION_MAX_MS - 5)).toBe(SESSION_MAX_MS);
  });
});

describe("a code for people", () => {
  it("is read in whatever form it is typed, and only if it can be one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 64 }), (bytes) => {
        const code = userCodeFrom(bytes);
        if (code === undefined) return;
        expect(code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
        expect(readUserCode(code)).toBe(code);
        expect(readUserCode(` ${code.toLowerCase().replace("-", " ")} `)).toBe(code);
      }),
    );
    for (const typed of ["", "BCDF", "BCDF-GHJA", "BCDF-GHJKL", "<b>-GHJK"])
      expect(readUserCode(typed)).toBe(undefined);
  });

  it("takes no letter more often than another", () => {
    expect(userCodeFrom(new Uint8Array(32).fill(255))).toBeUndefined();
    expect(userCodeFrom(new Uint8Array(8).fill(239))).toBe("ZZZZ-ZZZZ");
  });
});

describe("a terminal that waits", () => {
  const device: DeviceState = { state: "pending", expiresAt: 600_000, lastPolledAt: 10_000, interval: 5 };
  it.each([
    ["asks in time", device, 15_000, "authorization_pending"],
    ["asks too soon", device, 12_000, "slow_down"],
    ["asks too soon, though it was approved", { ...device, state: "approved" }, 12_000, "slow_down"],
    ["asks for the first time", { ...device, lastPolledAt: null }, 12_000, "authorization_pending"],
    ["was approved", { ...device, state: "approved" }, 15_000, "approved"],
    ["was denied", { ...device, state: "denied" }, 15_000, "access_denied"],
    ["asks too late", device, 600_000, "expired_token"],
    ["asks too late, though it was approved", { ...device, state: "approved" }, 600_000, "expired_token"],
    ["has its tokens", { ...device, state: "used" }, 15_000, "invalid_grant"],
  ] as const)("%s", (_what, of, now, expected) => {
    expect(judgePoll(of, now)).toBe(expected);
  });

  it("is told to wait longer each time that it does not", () => {
    expect(nextInterval(device, "slow_down")).toBe(10);
    expect(nextInterval(device, "authorization_pending")).toBe(5);
  });
});

describe("an address to return to", () => {
  const origins = ["https://console.example.com"];
  it.each([
    ["/", "/"],
    ["/device?user_code=A", "/device?user_code=A"],
    ["/a/../b#c", "/b#c"],
    ["https://console.example.com/x", "https://console.example.com/x"],
  ])("%s leads there", (given, to) => {
    expect(safeReturnTo(given, origins)).toBe(to);
  });

  it.each([
    "",
    "x",
    "//evil.example",
    "/\\evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example",
    "https://console.example.com.evil.example/",
    "https://console.example.com@evil.example/",
    "https://a@console.example.com/",
    "http://console.example.com/",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\tx",
    " /x",
    `/${"x".repeat(2000)}`,
  ])("%s leads nowhere", (given) => {
    expect(safeReturnTo(given, origins)).toBeUndefined();
  });

  it("never leads a browser to another host, whatever is given", () => {
    const steps = fc.constantFrom(
      "/",
      "//",
      "\\",
      ".",
      "..",
      "@",
      ":",
      "evil.example",
      "https:",
      "%2f",
      "?",
      "#",
      "\t",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(steps, fc.string({ maxLength: 4 })), { maxLength: 8 }), (parts) => {
        const to = safeReturnTo(parts.join(""), []);
        if (to === undefined) return;
        expect(new URL(to, "https://manager.example").origin).toBe("https://manager.example");
      }),
    );
  });
});

describe("what a provider says", () => {
  const rules: ClaimRules = { groupsClaim: "groups", trustEmail: false };
  it("is read as far as it can be believed", () => {
    const token = {
      sub: "s",
      email: "Ada@Example.COM",
      email_verified: true,
      name: "Ada",
      groups: ["b", "a", "b", 1, ""],
    };
    expect(readClaims(token, rules)).toEqual({
      subject: "s",
      email: "ada@example.com",
      emailVerified: true,
      name: "Ada",
      groups: ["a", "b"],
    });
    expect(readClaims({ sub: "s", email: "a@b.example" }, rules)?.emailVerified).toBe(false);
    expect(
      readClaims({ sub: "s", email: "a@b.example", email_verified: false }, { ...rules, trustEmail: true }),
    ).toMatchObject({
      emailVerified: false,
    });
    expect(
      readClaims({ sub: "s", email: "a@b.example" }, { ...rules, trustEmail: true })?.emailVerified,
    ).toBe(true);
    expect(readClaims({ sub: "s", email_verified: true }, rules)?.emailVerified).toBe(false);
  });

  it("has a subject, or is nothing", () => {
    for (const sub of [undefined, "", 7, "x".repeat(256)]) expect(readClaims({ sub }, rules)).toBeUndefined();
  });

  it("has groups in a claim of any name or at a path, and never more than are kept", () => {
    const groups = (token: Record<string, unknown>, groupsClaim: string | null) =>
      readClaims({ sub: "s", ...token }, { ...rules, groupsClaim })?.groups;
    expect(groups({ realm_access: { roles: ["ops"] } }, "realm_access.roles")).toEqual(["ops"]);
    expect(groups({ "https://acme.example/groups": "one" }, "https://acme.example/groups")).toEqual(["one"]);
    expect(groups({ groups: ["a"] }, null)).toEqual([]);
    expect(groups({ groups: { a: 1 } }, "groups")).toEqual([]);
    expect(groups({}, "constructor.name")).toEqual([]);
    expect(groups({ groups: Array.from({ length: 500 }, (_, i) => `g${i}`) }, "groups")).toHaveLength(
      MAX_GROUPS,
    );
  });

  it("is an e-mail address only in the form of one", () => {
    expect(readEmail("A.b+c@Sub.Example.com")).toBe("a.b+c@sub.example.com");
    for (const odd of [
      "",
      "a",
      "a@",
      "@b.c",
      "a@b",
      "a b@c.d",
      "a@b.c\n",
      "a@b..c",
      "a@-b.c",
      `${"a".repeat(65)}@b.c`,
      1,
    ])
      expect(readEmail(odd), String(odd)).toBeUndefined();
    expect(domainOf("a@b.example")).toBe("b.example");
    expect(maskedEmail("ada@b.example")).toBe("a…@b.example");
  });
});

describe("whom a provider may bring in", () => {
  const claims = { subject: "s", email: "ada@acme.example", emailVerified: true, groups: [] };
  const rules: AdmissionRules = { users: "invited", domains: ["acme.example"] };
  const nobody: AdmissionFacts = { isInvited: false, realmUsers: 0 };
  const invited: AdmissionFacts = { ...nobody, isInvited: true };
  const full: AdmissionFacts = { ...nobody, realmUsers: MAX_REALM_USERS };
  const here = { id: "u", disabled: false };
  const other = { id: "u2", disabled: false, identities: 1, isAwaited: false };

  it.each([
    ["who was here before", rules, claims, { ...nobody, known: { id: "u", disabled: false } }, "known"],
    [
      "who was here before, though his address is another's",
      rules,
      claims,
      { ...nobody, known: { id: "u", disabled: false }, userOfEmail: other },
      "known",
    ],
    ["whom nobody invited", rules, claims, nobody, "not-invited"],
    ["who was invited", rules, claims, invited, "create"],
    ["of a listed domain", { ...rules, users: "domains" }, claims, nobody, "create"],
    [
      "of another domain",
      { ...rules, users: "domains" },
      { ...claims, email: "a@b.example" },
      nobody,
      "not-invited",
    ],
    [
      "of a domain below a listed one",
      { ...rules, users: "domains" },
      { ...claims, email: "a@x.acme.example" },
      nobody,
      "not-invited",
    ],
    ["anybody, where all are welcome", { ...rules, users: "everyone" }, claims, nobody, "create"],
    [
      "without a verified address",
      { ...rules, users: "everyone" },
      { ...claims, emailVerified: false },
      invited,
      "email-unverified",
    ],
    [
      "without an address",
      { ...rules, users: "everyone" },
      { subject: "s", emailVerified: false, groups: [] },
      invited,
      "email-missing",
    ],
    [
      "whose user was made before",
      rules,
      claims,
      { ...nobody, userOfEmail: { ...other, identities: 0 } },
      "link",
    ],
    [
      "who claims the address of a user with a way in",
      { ...rules, users: "everyone" },
      claims,
      { ...invited, userOfEmail: other },
      "email-taken",
    ],
    [
      "who claims the address of a user whom this provider was announced to name",
      rules,
      claims,
      { ...nobody, userOfEmail: { ...other, isAwaited: true } },
      "link",
    ],
    [
      "who is announced, but disabled",
      rules,
      claims,
      { ...nobody, userOfEmail: { ...other, isAwaited: true, disabled: true } },
      "disabled",
    ],
    ["who is new in a realm that is full", { ...rules, users: "everyone" }, claims, full, "realm-full"],
    ["whom nobody invited into a realm that is full", rules, claims, full, "not-invited"],
    ["who was here before, in a realm that is full", rules, claims, { ...full, known: here }, "known"],
    [
      "whose user was made before, in a realm that is full",
      rules,
      claims,
      { ...full, userOfEmail: { ...other, identities: 0 } },
      "link",
    ],
    ["who is disabled", rules, claims, { ...nobody, known: { id: "u", disabled: true } }, "disabled"],
  ] as const)("%s", (_who, by, said, facts, expected) => {
    const found = admit(by, said as typeof claims, facts);
    expect(found.kind === "refused" ? found.why : found.kind).toBe(expected);
  });
});

describe("a user's realm", () => {
  it.each([
    ["the platform's user, at the platform", null, null, true],
    ["the platform's user, in a tenant", null, "ten_a", true],
    ["a tenant's user, in that tenant", "ten_a", "ten_a", true],
    ["a tenant's user, in another", "ten_a", "ten_b", false],
    ["a tenant's user, at the platform", "ten_a", null, false],
  ] as const)("%s: %#", (_who, realm, place, expected) => {
    expect(isAtHome(realm, place)).toBe(expected);
  });

  it("is the one place where a tenant's user can be, whatever places there are", () => {
    const place = fc.option(fc.constantFrom("ten_a", "ten_b", "ten_c", ""), { nil: null });
    fc.assert(
      fc.property(fc.string(), fc.array(place), (realm, places) => {
        for (const each of places) expect(isAtHome(realm, each)).toBe(each === realm);
      }),
    );
  });
});
