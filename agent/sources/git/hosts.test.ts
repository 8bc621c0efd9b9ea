import { describe, expect, it } from "vitest";
import { boundHosts } from "./hosts.ts";

describe("the hosts of a pull secret", () => {
  it.each([
    ["h.io", "https://h.io/a"],
    ["H.io:443", "https://h.io/a"],
    ["h.io:8443", "https://h.io:8443/a"],
    ["other.io, h.io\n", "https://h.io/a"],
    ["[::1]:8443", "https://[::1]:8443/a"],
    ["bücher.example", "https://xn--bcher-kva.example/a"],
  ])("%j lets its password go to %s", (named, url) => {
    expect(boundHosts("git", named, url)).toContain(new URL(url).host);
  });

  it.each([
    ["", "https://h.io/a", "names no host: add h.io to its key `host`"],
    ["other.io", "https://h.io/a", "names other hosts: add h.io"],
    ["h.io", "https://h.io:8443/a", "add h.io:8443"],
    ["h.io:8443", "https://h.io/a", "add h.io to"],
    ["h.io", "https://git.h.io/a", "add git.h.io"],
    ["io", "https://h.io/a", "add h.io"],
    ["*", "https://h.io/a", "add h.io"],
    ["https://h.io/a", "https://h.io/a", "names no host"],
    ["h.io/a", "https://h.io/a", "names no host"],
    ["evil@h.io", "https://h.io/a", "names no host"],
    ["other.io\nh.io", "https://h.io/a", "names no host"],
  ])("%j does not let it go to %s", (named, url, words) => {
    expect(() => boundHosts("git", named, url)).toThrow(words);
  });
});
