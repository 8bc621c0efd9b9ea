import { describe, expect, it } from "vitest";
import { languageOf } from "./languages.ts";

const files = (...paths: string[]) => new Map(paths.map((path) => [path, new Uint8Array()]));

describe("the language of a policy", () => {
  it("is CUE, enforced on what is rendered, where nothing else is said", () => {
    expect(languageOf(undefined, files("policy.cue"))).toEqual({ name: "cue", enforcement: "render" });
    expect(languageOf("CUE", files("policy.cue"))).toEqual({ name: "cue", enforcement: "render" });
  });

  it("is refused where it is Rego, by name or by its files, and the page to read is named", () => {
    expect(() => languageOf("rego", files("policy.cue"))).toThrow("docs/policies.md, section 'From Rego'");
    expect(() => languageOf(undefined, files("policy.rego"))).toThrow("From Rego");
  });

  it("is refused where admission enforces it, and where it is none", () => {
    expect(() => languageOf("cel", files("policy.yaml"))).toThrow("admission");
    expect(() => languageOf("prolog", files("policy.pl"))).toThrow(
      "prolog is no language of policies; cue is",
    );
  });
});
