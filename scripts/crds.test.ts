import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CRDS_DIR, crdFiles } from "./crds.ts";

describe("agent/chart/files/crds", () => {
  it("says what protocol/resources says (else: node scripts/crds.ts)", async () => {
    for (const [name, text] of crdFiles()) expect(await readFile(new URL(name, CRDS_DIR), "utf8")).toBe(text);
  });

  it("has nothing else", async () => {
    const yaml = (await readdir(CRDS_DIR)).filter((name) => name.endsWith(".yaml"));
    expect(yaml.sort()).toEqual([...crdFiles().keys()].sort());
  });
});
