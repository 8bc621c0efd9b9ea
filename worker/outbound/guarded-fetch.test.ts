import { describe, expect, inject, it } from "vitest";
import { assertOutboundUrl, guardedFetch, outboundOf } from "./guarded-fetch.ts";

const outside = inject("outside");
const lists = { OUTBOUND_ALLOW_HOSTS: `login.example.com, ${outside}` };
const platforms = outboundOf(lists, null);
const TENANT = "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
const at = (path: string) => `http://${outside}${path}`;
const redirectTo = (to: string, status = 302) => at(`/status/${status}?to=${encodeURIComponent(to)}`);

describe("a URL that a tenant chose", () => {
  it("is asked where the installation allows its host, and the answer comes whole", async () => {
    const headers = { accept: "application/json", "x-own": "1" };
    const answer = await guardedFetch(platforms, at("/echo"), { method: "POST", headers, body: "a=b" });
    expect(answer).toMatchObject({ status: 200, url: at("/echo") });
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(JSON.parse(answer.text)).toMatchObject({ method: "POST", body: "a=b", headers });
  });

  it.each([
    ["plain http", "http://example.com/"],
    ["an address inside", "https://10.0.0.1/"],
    ["the same server where nothing allows it", at("/echo")],
  ])("is refused before anything is sent: %s", async (_what, url) => {
    await expect(guardedFetch(outboundOf({}, null), url)).rejects.toMatchObject({ code: "KN-1610" });
    expect(() => assertOutboundUrl(outboundOf({}, null), url)).toThrow(
      expect.objectContaining({ code: "KN-1610" }),
    );
  });
});

describe("what is inside and allowed by name", () => {
  it("for the platform alone is refused to a tenant", async () => {
    const own = outboundOf(lists, TENANT);
    await expect(guardedFetch(own, at("/echo"))).rejects.toMatchObject({ code: "KN-1610" });
    expect(() => assertOutboundUrl(own, at("/echo"))).toThrow(expect.objectContaining({ code: "KN-1610" }));
  });

  it("for tenants is allowed to them, and to the platform", async () => {
    const open = { OUTBOUND_ALLOW_HOSTS_TENANTS: outside };
    for (const who of [TENANT, null])
      expect((await guardedFetch(outboundOf(open, who), at("/echo"))).status).toBe(200);
  });
});

describe("a redirect", () => {
  it("is followed where its target may be asked too", async () => {
    const answer = await guardedFetch(platforms, redirectTo("/echo"), {
      headers: { authorization: "Bearer x" },
    });
    expect(answer.url).toBe(at("/echo"));
    expect(JSON.parse(answer.text).headers.authorization).toBe("Bearer x");
  });

  it.each([
    ["to an address inside", "https://169.254.169.254/latest/meta-data/"],
    ["to a name inside", "https://kubernetes.default.svc/"],
    ["to another scheme", "file:///etc/passwd"],
    ["to nowhere", "http://"],
  ])("%s is refused", async (_where, to) => {
    await expect(guardedFetch(platforms, redirectTo(to))).rejects.toMatchObject({ code: "KN-1610" });
  });

  it("leads through three hops at most, and never a POST", async () => {
    const hops = (n: number): string => (n === 0 ? at("/echo") : redirectTo(hops(n - 1)));
    expect((await guardedFetch(platforms, hops(3))).status).toBe(200);
    await expect(guardedFetch(platforms, hops(4))).rejects.toMatchObject({ code: "KN-1611" });
    const posted = guardedFetch(platforms, redirectTo("/echo", 307), { method: "POST", body: "secret" });
    await expect(posted).rejects.toMatchObject({ code: "KN-1611" });
  });
});

describe("an answer", () => {
  it("is cut off where it is too large", async () => {
    expect((await guardedFetch(platforms, at("/bytes/1000"), { maxBytes: 1000 })).text).toHaveLength(1000);
    await expect(guardedFetch(platforms, at("/bytes/1001"), { maxBytes: 1000 })).rejects.toMatchObject({
      code: "KN-1611",
      details: { host: outside, reason: expect.stringContaining("1000 bytes") },
    });
  });

  it("is waited for as long as is allowed, to its last byte", async () => {
    await expect(guardedFetch(platforms, at("/never"), { timeoutMs: 300 })).rejects.toMatchObject({
      code: "KN-1611",
      details: { reason: "no answer in time" },
    });
  });

  it("of a server that is not there is an error that does not say more", async () => {
    const gone = outboundOf({ OUTBOUND_ALLOW_HOSTS: "127.0.0.1:1" }, null);
    await expect(guardedFetch(gone, "http://127.0.0.1:1/")).rejects.toMatchObject({
      code: "KN-1611",
      details: { host: "127.0.0.1:1", reason: "the connection failed" },
    });
  });
});

describe("a name, where the installation has a resolver", () => {
  const resolving = outboundOf({ OUTBOUND_DNS: at("/dns-query") }, null);

  it.each(["inside.kubenova.dev", "both.kubenova.dev", "mapped.kubenova.dev"])(
    "%s is refused: an address of it is inside",
    async (name) => {
      await expect(guardedFetch(resolving, `https://${name}/`)).rejects.toMatchObject({ code: "KN-1610" });
      await expect(
        guardedFetch({ ...resolving, allowed: platforms.allowed }, redirectTo(`https://${name}/`)),
      ).rejects.toMatchObject({ code: "KN-1610" });
    },
  );

  it("that nobody knows is not asked", async () => {
    await expect(guardedFetch(resolving, "https://nobody.kubenova.dev/")).rejects.toMatchObject({
      code: "KN-1611",
      details: { reason: "its name has no address" },
    });
  });

  it("is not asked while the resolver does not answer", async () => {
    const broken = outboundOf({ OUTBOUND_DNS: at("/status/500") }, null);
    await expect(guardedFetch(broken, "https://public.kubenova.dev/")).rejects.toMatchObject({
      code: "KN-1611",
    });
  });
});
