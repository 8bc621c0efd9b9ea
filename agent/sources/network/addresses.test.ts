import { describe, expect, it } from "vitest";
import { addressPolicy } from "./addresses.ts";

const none = addressPolicy({ allowed: [], refused: ["10.96.0.0/12", "fd00:10:96::/112"] });

describe("addresses", () => {
  it.each([
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "169.254.169.254",
    "100.100.100.200",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "10.96.0.1",
    "10.111.255.255",
    "::ffff:10.96.0.1",
    "fd00:10:96::1",
    "not an address",
    "",
  ])("%s is refused", (address) => {
    expect(none.isAllowed(address)).toBe(false);
  });

  it.each([
    "10.95.255.255",
    "10.112.0.0",
    "192.168.1.1",
    "1.1.1.1",
    "2606:4700::1111",
    "64:ff9b::1.1.1.1",
    "fd01::1",
  ])("%s is allowed", (address) => {
    expect(none.isAllowed(address)).toBe(true);
  });

  it("what is allowed by name goes before what is refused", () => {
    const policy = addressPolicy({ allowed: ["127.0.0.0/8", "10.96.7.0/24"], refused: ["10.96.0.0/12"] });
    const shown = ["127.0.0.1", "::ffff:127.0.0.1", "10.96.7.9", "10.96.8.9", "::1", "169.254.169.254"];
    expect(shown.filter((address) => policy.isAllowed(address))).toEqual([
      "127.0.0.1",
      "::ffff:127.0.0.1",
      "10.96.7.9",
    ]);
  });

  it.each([
    "10.0.0.0/33",
    "10.0.0/8",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "example.com",
    "10.0.0.0/-1",
    "1.1.1.1/1.5",
  ])("%s is no range", (range) => {
    expect(() => addressPolicy({ allowed: [range], refused: [] })).toThrow(`not an IP range`);
  });
});
