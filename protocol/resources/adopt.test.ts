import { describe, expect, test } from "vitest";
import { adoptSchema } from "./adopt.ts";
import { structuralSchema } from "./structural.ts";

const deployment = { apiVersion: "apps/v1", kind: "Deployment" };
const accepts = (...resources: object[]) => adoptSchema.safeParse({ resources }).success;

describe("what a graph may adopt", () => {
  test("is named, or selected by labels", () => {
    expect(accepts({ ...deployment, name: "web" })).toBe(true);
    expect(accepts({ ...deployment, selector: { matchLabels: { app: "web" } } })).toBe(true);
    expect(
      accepts({ ...deployment, selector: { matchExpressions: [{ key: "app", operator: "Exists" }] } }),
    ).toBe(true);
  });

  test("is never both, nor neither, nor everything", () => {
    expect(accepts({ ...deployment, name: "web", selector: { matchLabels: { app: "web" } } })).toBe(false);
    expect(accepts(deployment)).toBe(false);
    expect(accepts({ ...deployment, selector: {} })).toBe(false);
    expect(accepts({ ...deployment, selector: { matchLabels: {} } })).toBe(false);
    expect(accepts()).toBe(false);
  });

  test("has a form that the API server checks", () => {
    expect(structuralSchema(adoptSchema)).toMatchObject({
      properties: { resources: { items: { "x-kubernetes-validations": [{ message: expect.any(String) }] } } },
    });
  });
});
