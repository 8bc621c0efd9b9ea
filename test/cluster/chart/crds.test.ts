import { describe, expect, test } from "vitest";
import { GOOD, rendered } from "./render.ts";

describe("custom resource definitions", () => {
  test("stay when the chart goes", async () => {
    const { manifests } = await rendered(GOOD);
    const definitions = manifests.filter(({ kind }) => kind === "CustomResourceDefinition");
    expect(definitions.map(({ metadata }) => metadata.name).sort()).toEqual([
      "novaapps.kubenova.io",
      "novaprojects.kubenova.io",
      "novatenants.kubenova.io",
      "resourcegraphs.kubenova.io",
      "resourcegraphshards.kubenova.io",
      "transforms.kubenova.io",
    ]);
    for (const { metadata } of definitions) {
      expect(metadata.annotations?.["helm.sh/resource-policy"]).toBe("keep");
    }
  });
});
