import { describe, expect, it } from "vitest";
import { shownPhase } from "./phase.ts";

const ready = {
  placed: true,
  connected: true,
  desiredRevision: 3,
  observedRevision: 3,
  phase: "Ready",
  message: null,
};

describe("the phase that a reader sees", () => {
  it.each([
    ["what the cluster said", ready, "Ready"],
    ["Unknown where the cluster is silent", { ...ready, connected: false }, "Unknown"],
    ["Unknown where nobody asked the cluster", { ...ready, connected: undefined }, "Unknown"],
    ["Unknown where the database was restored", { ...ready, diverged: true }, "Unknown"],
    ["Pending where the status is of an earlier revision", { ...ready, observedRevision: 2 }, "Pending"],
    ["Pending where it is placed nowhere", { ...ready, placed: false }, "Pending"],
  ])("is %s", (_name, facts, phase) => {
    expect(shownPhase(facts).phase).toBe(phase);
  });
});
