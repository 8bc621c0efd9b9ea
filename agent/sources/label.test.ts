import { describe, expect, it } from "vitest";
import { labelOf } from "./label.ts";

const shown = (type: "oci" | "git" | "configmap", ref: string) => labelOf({ type, ref });

describe("a reference that is shown", () => {
  it.each([
    ["oci", "user:hunter2@registry.example.com/web:1", "oci …@registry.example.com/web:1"],
    ["oci", "oci://user:hunter2@registry.example.com/web:1", "oci oci://…@registry.example.com/web:1"],
    ["oci", "user:hunter2@r.io/web@sha256:abc", "oci …@r.io/web@sha256:abc"],
    ["oci", "user:hun@ter2@r.io/web:1", "oci …@r.io/web:1"],
    ["oci", "user:hunter2/@r.io/web:1", "oci …@r.io/web:1"],
    ["git", "user:hunter2@git.example.com:team/web.git", "git …@git.example.com:team/web.git"],
    ["git", "https://user:hunter2@h.io/a.git?ref=v1", "git https://…@h.io/a.git?ref=v1"],
    ["git", "https://hunter2@h.io/a.git", "git https://…@h.io/a.git"],
    ["git", "https://user:hun/ter2@h.io/a.git", "git https://…@h.io/a.git"],
    ["git", "https://user:hun?ter2@h.io/a.git", "git https://…@h.io/a.git"],
    ["git", "HTTPS://user:hunter2@h.io/a.git", "git HTTPS://…@h.io/a.git"],
  ] as const)("has no credentials: %s %s", (type, ref, label) => {
    expect(shown(type, ref)).toBe(label);
  });

  it.each([
    ["oci", "registry.example.com/web:1"],
    ["oci", "registry.example.com:5000/web@sha256:abc"],
    ["oci", "localhost:5000/web:1@sha256:abc"],
    ["git", "https://git.example.com:8443/a.git?ref=release@2"],
    ["configmap", "web-module"],
  ] as const)("is whole where it has none: %s %s", (type, ref) => {
    expect(shown(type, ref)).toBe(`${type} ${ref}`);
  });

  it("is cut, and an inline module is not shown", () => {
    expect(shown("oci", `r.io/${"a".repeat(1_000)}`).length).toBeLessThan(300);
    expect(labelOf({ type: "inline", ref: "package hunter2" })).toBe("the inline module");
  });
});
