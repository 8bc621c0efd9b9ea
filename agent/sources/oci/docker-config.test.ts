import { describe, expect, it } from "vitest";
import { parseChallenges } from "./challenge.ts";
import { credentialsFor } from "./docker-config.ts";

const find = (auths: Record<string, object>, registry: string, repository = "team/web") =>
  credentialsFor(Buffer.from(JSON.stringify({ auths })), { registry, repository });
const user = (username: string) => ({ username, password: "p" });

describe("a docker-config", () => {
  it("says user and password, as two fields or as one", () => {
    expect(find({ "r.io": user("a") }, "r.io")).toEqual({ username: "a", password: "p" });
    const auth = Buffer.from("a:p:with:colons").toString("base64");
    expect(find({ "r.io": { auth } }, "r.io")).toEqual({ username: "a", password: "p:with:colons" });
    expect(find({ "r.io": { auth, identitytoken: "t" } }, "r.io")).toMatchObject({ identityToken: "t" });
    expect(find({ "r.io": { registrytoken: "t" } }, "r.io")).toEqual({ registryToken: "t" });
  });

  it("matches a registry by its host and port, however it is written", () => {
    expect(find({ "https://r.io/v2/": user("a") }, "r.io")).toMatchObject({ username: "a" });
    expect(find({ "https://index.docker.io/v1/": user("a") }, "docker.io")).toMatchObject({ username: "a" });
    expect(find({ "r.io": user("a") }, "r.io:5000")).toBeUndefined();
    expect(find({ "r.io:5000": user("a") }, "r.io:5000")).toMatchObject({ username: "a" });
    expect(find({ "r.io": user("a") }, "evil-r.io")).toBeUndefined();
    expect(find({ "r.io": user("a") }, "r.io.evil.com")).toBeUndefined();
  });

  it("prefers the longest path, in whole parts", () => {
    const auths = { "r.io": user("any"), "r.io/team": user("team"), "r.io/te": user("no") };
    expect(find(auths, "r.io", "team/web")).toMatchObject({ username: "team" });
    expect(find(auths, "r.io", "teams/web")).toMatchObject({ username: "any" });
  });

  it("takes a star for one part of a host's name", () => {
    const auths = { "*.example.com": user("star"), "eu.example.com": user("eu") };
    expect(find(auths, "us.example.com")).toMatchObject({ username: "star" });
    expect(find(auths, "eu.example.com")).toMatchObject({ username: "eu" });
    expect(find(auths, "a.b.example.com")).toBeUndefined();
    expect(find(auths, "example.com")).toBeUndefined();
    expect(find({ "eu-*.example.com": user("a") }, "eu-1.example.com")).toMatchObject({ username: "a" });
  });

  it.each(["", "not json hunter2", "[]", '{"auths": ["hunter2"]}', '{"auths":{"r.io":{"auth":7}}}'])(
    "that is none is refused without a word of it: %s",
    (text) => {
      const refused = () => credentialsFor(Buffer.from(text), { registry: "r.io", repository: "a" });
      expect(refused).toThrow(/is no docker-config/);
      expect(refused).not.toThrow(/hunter2/);
    },
  );

  it("whose auth is no user and password is refused without a word of it", () => {
    expect(() => find({ "r.io": { auth: Buffer.from("hunter2").toString("base64") } }, "r.io")).toThrow(
      /^an `auth` of the pull secret is not base64 of user:password$/,
    );
  });
});

describe("challenges", () => {
  it.each([
    [
      'Bearer realm="https://auth.io/token",service="r.io",scope="repository:a:pull,push"',
      [
        {
          scheme: "bearer",
          parameters: { realm: "https://auth.io/token", service: "r.io", scope: "repository:a:pull,push" },
        },
      ],
    ],
    ['Basic realm="a \\"b\\""', [{ scheme: "basic", parameters: { realm: 'a "b"' } }]],
    ["Negotiate", [{ scheme: "negotiate", parameters: {} }]],
    [
      'Basic realm="a", Bearer realm=b , service = "c"',
      [
        { scheme: "basic", parameters: { realm: "a" } },
        { scheme: "bearer", parameters: { realm: "b", service: "c" } },
      ],
    ],
    ["", []],
    [",,,", []],
  ])("%s", (header, challenges) => {
    expect(parseChallenges(header)).toEqual(challenges);
  });

  /** CPU time of some readings, the least of several tries. */
  const costOf = (header: string): number => {
    const tries = Array.from({ length: 7 }, () => {
      const before = process.cpuUsage();
      for (let i = 0; i < 50; i += 1) parseChallenges(header);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    });
    return Math.min(...tries);
  };

  it.each([
    ["spaces", (count: number) => " ".repeat(count)],
    ["spaces behind a scheme", (count: number) => `Bearer a=b${" ".repeat(count)}"`],
    ["commas", (count: number) => " ,".repeat(count / 2)],
    ["names", (count: number) => "a=".repeat(count / 2)],
    ["an open quotation", (count: number) => `Bearer a="${"\\".repeat(count)}`],
    ["schemes", (count: number) => "a ".repeat(count / 2)],
  ])("of a hostile registry cost no more than in proportion: %s", (_, header) => {
    costOf(header(500));
    // Sixteen times the length: 256 times the cost where each place is tried with each other.
    expect(costOf(header(8_000))).toBeLessThan(64 * Math.max(costOf(header(500)), 20));
  });

  it("are not read beyond a length", () => {
    const long = (count: number) => parseChallenges("a ".repeat(count)).length;
    expect(long(100_000)).toBe(long(10_000));
    expect(long(10_000)).toBeLessThan(10_000);
    expect(long(1_000)).toBe(1_000);
  });
});
