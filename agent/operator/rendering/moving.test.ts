import { describe, expect, it } from "vitest";
import { durationMs, isMoving } from "./moving.ts";

const git = "https://git.example.com/a.git";

describe("a reference that may stand for something else tomorrow", () => {
  it.each([
    ["oci", "registry.example.com/web:1.2", true],
    ["oci", `registry.example.com/web@sha256:${"a".repeat(64)}`, false],
    ["git", git, true],
    ["git", `${git}?ref=main`, true],
    ["git", `${git}?ref=${"a".repeat(40)}`, false],
    ["git", `${git}?ref=${"a".repeat(39)}`, true],
    ["configmap", "web", true],
    ["inline", "nodes: {}", false],
    ["embedded", "webservice", false],
  ] as const)("%s %s: %s", (type, ref, moving) => {
    expect(isMoving({ type, ref })).toBe(moving);
  });
});

it.each([
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["10s", 10_000],
  ["", undefined],
  ["soon", undefined],
])("%j is %s milliseconds", (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
