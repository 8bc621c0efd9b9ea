import { describe, expect, it } from "vitest";
import { apiBase, parseOciReference } from "./reference.ts";

const D = `sha256:${"a".repeat(64)}`;
const parse = (text: string) => {
  const { registry, repository, tag, digest } = parseOciReference(text);
  return [registry, repository, tag, digest];
};

describe("an OCI reference", () => {
  it.each([
    ["registry.example.com/modules/web:1.0.0", ["registry.example.com", "modules/web", "1.0.0", undefined]],
    ["oci://ghcr.io/team/web:v1", ["ghcr.io", "team/web", "v1", undefined]],
    ["localhost:5000/web:latest", ["localhost:5000", "web", "latest", undefined]],
    ["[::1]:5000/web:latest", ["[::1]:5000", "web", "latest", undefined]],
    [`127.0.0.1:5000/a/b_c/d__e-f.g@${D}`, ["127.0.0.1:5000", "a/b_c/d__e-f.g", undefined, D]],
    [`r.io/web:1@${D}`, ["r.io", "web", "1", D]],
  ])("%s", (text, parts) => {
    expect(parse(text)).toEqual(parts);
  });

  it.each([
    "web:1.0.0",
    "team/web:1.0.0",
    "r.io/web",
    "r.io/Web:1",
    "r.io/web:",
    "r.io/../web:1",
    "r.io/web@sha512:abc",
    `r.io/web@${D}@${D}`,
    "r.io/web:1?x=y",
    "user:secret@r.io/web:1",
    "r.io/we b:1",
    "https://r.io/web:1",
    `r.io/${"a".repeat(256)}:1`,
    `r.io/web:${"a".repeat(129)}`,
    "",
  ])("%s is none", (text) => {
    expect(() => parseOciReference(text)).toThrow("not an OCI reference");
  });

  it("of Docker Hub leads to its API, and to its own library", () => {
    expect(apiBase(parseOciReference("docker.io/redis:7"), false).href).toBe(
      "https://registry-1.docker.io/v2/library/redis/",
    );
    expect(apiBase(parseOciReference("docker.io/team/web:7"), false).pathname).toBe("/v2/team/web/");
  });
});
