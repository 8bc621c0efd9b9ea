import { describe, expect, it } from "vitest";
import { parseRegistryMap } from "./registry-map.ts";

const at = (map: string, path: string, version = "v1.2.3") => {
  const { registry, repository, tag, isInsecure } = parseRegistryMap(map).locate({ path, version });
  return `${isInsecure ? "http" : "https"}://${registry}/${repository}:${tag}`;
};

describe("CUE's registries", () => {
  it.each([
    ["", "example.com/lib", "https://registry.cue.works/example.com/lib:v1.2.3"],
    ["r.io", "example.com/lib", "https://r.io/example.com/lib:v1.2.3"],
    ["r.io:5000/all/modules", "example.com/lib", "https://r.io:5000/all/modules/example.com/lib:v1.2.3"],
    ["r.io+insecure", "example.com/lib", "http://r.io/example.com/lib:v1.2.3"],
    ["localhost:5000", "example.com/lib", "http://localhost:5000/example.com/lib:v1.2.3"],
    ["localhost:5000+secure", "example.com/lib", "https://localhost:5000/example.com/lib:v1.2.3"],
    ["[::1]:5000", "example.com/lib", "http://[::1]:5000/example.com/lib:v1.2.3"],
    ["example.com=a.io,b.io", "example.com/lib", "https://a.io/example.com/lib:v1.2.3"],
    ["example.com=a.io, b.io", "example.org/lib", "https://b.io/example.org/lib:v1.2.3"],
    ["example.com=a.io,example.com/x=b.io/y", "example.com/x/lib", "https://b.io/y/example.com/x/lib:v1.2.3"],
    ["example.com/li=a.io,b.io", "example.com/lib", "https://b.io/example.com/lib:v1.2.3"],
    ["example.com=a.io", "example.org/lib", "https://registry.cue.works/example.org/lib:v1.2.3"],
  ])("by %j, %s is at %s", (map, path, url) => {
    expect(at(map, path)).toBe(url);
  });

  it("none has nothing", () => {
    expect(() => at("none", "example.com/lib")).toThrow("no registry is configured for it");
    expect(at("example.com=a.io,none", "example.com/lib")).toContain("https://a.io/");
  });

  it.each([
    "a.io,b.io",
    "x.io=a.io,x.io=b.io",
    "http://a.io",
    "a.io+maybe",
    "x.io=",
    "a.io/",
    "a io",
    "a.io/../b",
  ])("%j is no map", (map) => {
    expect(() => parseRegistryMap(map)).toThrow();
  });

  it.each([
    ["example.com/lib@v1", "v1.0.0"],
    ["example.com/lib", "latest"],
    ["../lib", "v1.0.0"],
    ["example.com/../../x", "v1.0.0"],
    ["example.com/lib", "v1.0.0/../../x"],
  ])("%s %s is no module", (path, version) => {
    expect(() => at("r.io", path, version)).toThrow("not a module");
  });
});
