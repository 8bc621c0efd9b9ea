import { describe, expect, it } from "vitest";
import { parseInstallationPolicies } from "./installation.ts";

const policy = { name: "limits", cueRef: { type: "embedded", ref: "policies/limits" }, severity: "Deny" };
const parse = (value: unknown) => parseInstallationPolicies(JSON.stringify(value));

describe("the policies of an installation", () => {
  it("are a list as a Transform has it", () => {
    expect(parse([])).toEqual([]);
    expect(parse([policy])).toEqual([policy]);
  });

  it("that are wrong end the agent's start with what is wrong: one that is left out would let pass what it denies", () => {
    expect(() => parseInstallationPolicies("[")).toThrow("not JSON");
    expect(() => parse({})).toThrow("the list");
    expect(() => parse([{ name: "limits" }])).toThrow("0.cueRef");
    expect(() => parse([{ ...policy, severty: "Warn" }])).toThrow("severty");
    expect(() => parse([policy, policy])).toThrow("two policies are named limits");
  });
});
