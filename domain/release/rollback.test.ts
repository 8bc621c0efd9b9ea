import { describe, expect, it } from "vitest";
import { type DeploymentStep, rollbackTarget } from "./rollback.ts";

const steps = (text: string): DeploymentStep[] =>
  text
    .split(" ")
    .filter(Boolean)
    .map((step) =>
      step.startsWith("<")
        ? { revisionId: step.slice(1), action: "rollback" }
        : { revisionId: step, action: "deploy" },
    );

describe("a rollback", () => {
  it.each([
    ["", null],
    ["a", null],
    ["a a", null],
    ["a b", "a"],
    ["a b b", "a"],
    ["a b c <b", "a"],
    ["a b c <b <a", null],
    ["a b c <b d", "b"],
    ["a b c <a", null],
    ["a b a", "b"],
    ["a b <x", "b"],
  ])("after %j goes to %j", (history, target) => {
    expect(rollbackTarget(steps(history))).toBe(target);
  });
});
