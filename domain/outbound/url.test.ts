import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "./address.ts";
import { allowedHosts, checkOutboundUrl } from "./url.ts";

const none = allowedHosts(undefined);
const isAllowed = (url: string, hosts = none) => checkOutboundUrl(url, hosts).ok;

describe("a URL that may be asked", () => {
  it.each([
    "https://login.example.com/.well-known/openid-configuration",
    "https://accounts.google.com:443/",
    "https://LOGIN.Example.COM./",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "https://münchen.de/",
  ])("%s", (url) => expect(checkOutboundUrl(url, none)).toMatchObject({ ok: true }));
});

describe("a URL that may not", () => {
  it.each([
    ["not a URL", "login.example.com"],
    ["too long", `https://example.com/${"a".repeat(2048)}`],
    ["plain http", "http://example.com/"],
    ["another scheme", "ftp://example.com/"],
    ["data", "data:text/plain,hello"],
    ["a user", "https://user@example.com/"],
    ["a password", "https://:secret@example.com/"],
    ["another port", "https://example.com:8443/"],
    ["port 80", "https://example.com:80/"],
    ["no dot", "https://kubernetes/"],
    ["localhost", "https://localhost/"],
    ["localhost with a dot", "https://localhost./"],
    ["under localhost", "https://a.localhost/"],
    ["internal", "https://metadata.google.internal/"],
    ["in capitals", "https://METADATA.GOOGLE.INTERNAL./"],
    ["with full-width letters", "https://metadata.google.ｉｎｔｅｒｎａｌ/"],
    ["with an ideographic full stop", "https://metadata。internal/"],
    ["local", "https://printer.local/"],
    ["a service", "https://kubernetes.default.svc/"],
    ["a cluster's name", "https://kubernetes.default.svc.cluster.local/"],
    ["a service by its namespace", "https://kubernetes.default/"],
    ["reverse names", "https://1.0.0.127.in-addr.arpa/"],
    ["empty labels", "https://example..com/"],
    ["two dots at the end", "https://example.com../"],
    ["a zone id", "https://[fe80::1%25eth0]/"],
    ["Azure's host agent", "https://168.63.129.16/"],
  ])("%s", (_what, url) => expect(checkOutboundUrl(url, none)).toMatchObject({ ok: false }));

  it.each([
    ["two parts", "127.1"],
    ["three parts", "127.0.1"],
    ["decimal", "2130706433"],
    ["hexadecimal", "0x7f000001"],
    ["hexadecimal parts", "0x7f.0.0.0x1"],
    ["octal", "017700000001"],
    ["octal parts", "0177.0.0.01"],
    ["a dot at the end", "127.0.0.1."],
    ["full-width digits", "１２７.0.0.1"],
    ["percent-encoded", "%31%32%37.0.0.1"],
    ["nothing", "0"],
    ["mapped", "[::ffff:127.0.0.1]"],
    ["mapped, in hexadecimal", "[::ffff:7f00:1]"],
    ["compatible", "[::127.0.0.1]"],
    ["translated", "[::ffff:0:127.0.0.1]"],
    ["NAT64", "[64:ff9b::127.0.0.1]"],
    ["local NAT64", "[64:ff9b:1::7f00:1]"],
    ["6to4", "[2002:7f00:1::]"],
    ["Teredo", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]"],
    ["IPv6", "[::1]"],
    ["unspecified", "[::]"],
    ["written out", "[0:0:0:0:0:0:0:1]"],
  ])("this machine, %s: %s", (_how, host) => expect(isAllowed(`https://${host}/`)).toBe(false));
});

/** Blocks of IANA's special-purpose registries, first and last address. */
const INSIDE: [string, number, number][] = [
  ["0.0.0.0/8", 0x00000000, 0x00ffffff],
  ["10.0.0.0/8", 0x0a000000, 0x0affffff],
  ["100.64.0.0/10", 0x64400000, 0x647fffff],
  ["127.0.0.0/8", 0x7f000000, 0x7fffffff],
  ["169.254.0.0/16", 0xa9fe0000, 0xa9feffff],
  ["172.16.0.0/12", 0xac100000, 0xac1fffff],
  ["192.0.0.0/24", 0xc0000000, 0xc00000ff],
  ["192.168.0.0/16", 0xc0a80000, 0xc0a8ffff],
  ["198.18.0.0/15", 0xc6120000, 0xc613ffff],
  ["multicast and reserved", 0xe0000000, 0xffffffff],
];

/** Spellings of one IPv4 address that some resolver understands. */
const SPELLINGS: ((n: number) => string)[] = [
  (n) => bytes(n).join("."),
  (n) => `${bytes(n).join(".")}.`,
  (n) => String(n),
  (n) => `0x${n.toString(16)}`,
  (n) => `0${n.toString(8)}`,
  (n) =>
    bytes(n)
      .map((byte) => `0x${byte.toString(16)}`)
      .join("."),
  (n) =>
    bytes(n)
      .map((byte) => `0${byte.toString(8)}`)
      .join("."),
  (n) => `${n >>> 24}.${n & 0xffffff}`,
  (n) => `[::ffff:${bytes(n).join(".")}]`,
  (n) => `[64:ff9b::${bytes(n).join(".")}]`,
  (n) => `[2002:${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}::1]`,
];
const bytes = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

describe("whatever the address", () => {
  it("none of a special block passes, however it is spelled", () => {
    const address = fc
      .constantFrom(...INSIDE)
      .chain(([, first, last]) => fc.integer({ min: first, max: last }));
    fc.assert(
      fc.property(address, fc.constantFrom(...SPELLINGS), (n, spell) => {
        expect(isAllowed(`https://${spell(n)}/`)).toBe(false);
      }),
    );
  });

  it("of IPv6 outside of the global block passes", () => {
    const outsideOfGlobal = fc
      .tuple(
        fc.integer({ min: 0, max: 0xffff }),
        fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 7, maxLength: 7 }),
      )
      .filter(([first]) => first < 0x2000 || first > 0x3fff);
    fc.assert(
      fc.property(outsideOfGlobal, ([first, rest]) => {
        const text = [first, ...rest].map((part) => part.toString(16)).join(":");
        expect(isPublicAddress(text)).toBe(false);
        expect(isAllowed(`https://[${text}]/`)).toBe(false);
      }),
    );
  });
});

describe("hosts that an installation allows", () => {
  const hosts = allowedHosts(" 127.0.0.1:1234, Idp.Internal,[::1]:8080 ");

  it.each([
    "http://127.0.0.1:1234/x",
    "https://127.0.0.1:1234/",
    "https://idp.internal/",
    "http://[::1]:8080/",
  ])("%s may be asked", (url) =>
    expect(checkOutboundUrl(url, hosts)).toMatchObject({ ok: true, allowed: true }),
  );

  it.each([
    "http://127.0.0.1:1235/",
    "http://127.0.0.1/",
    "http://idp.internal/",
    "https://idp.internal:8443/",
    "https://a.idp.internal/",
    "http://user:secret@127.0.0.1:1234/",
  ])("%s may not", (url) => expect(isAllowed(url, hosts)).toBe(false));
});
