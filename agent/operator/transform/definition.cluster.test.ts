import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installDefinitions } from "../../../test/agent/run.ts";
import { type Fixture, kubeFixture } from "../../../test/kube/fixture.ts";
import type { KubeObject } from "../../kube/index.ts";

let fixture: Fixture;
let namespace: string;

beforeAll(async () => {
  fixture = await kubeFixture(`transform-crd-${Date.now().toString(36)}`);
  namespace = fixture.namespace;
  await installDefinitions(fixture.kube);
});
afterAll(() => fixture.close());

const transform = (spec: object): KubeObject => ({
  apiVersion: "kubenova.io/v1alpha1",
  kind: "Transform",
  metadata: { name: "web", namespace },
  spec: { cueRef: { type: "inline", ref: "nodes: {}" }, ...spec },
});
const deployment = { apiVersion: "apps/v1", kind: "Deployment" };

describe("the API server", () => {
  it("keeps an input as it is, whatever its form", async () => {
    const input = { replicas: 2, ratio: 0.5, nested: { list: [1, "a", null, { b: true }] } };
    const live = await fixture.kube.create(transform({ input, interval: "1m30s" }), { dryRun: true });
    expect(live.spec).toMatchObject({ input, interval: "1m30s" });
  });

  it.each([
    ["another type of reference", { cueRef: { type: "ftp", ref: "a" } }, "spec.cueRef.type"],
    ["an interval that is none", { interval: "soon" }, "spec.interval"],
    ["an empty interval", { interval: "" }, "a duration from 10s"],
    ["an interval that would hammer a registry", { interval: "1s" }, "a duration from 10s"],
    ["two policies of one name", { policies: [policy("a"), policy("a")] }, "Duplicate value"],
    ["an adoption of nothing", { adopt: { resources: [] } }, "spec.adopt.resources"],
    [
      "an adoption of everything",
      { adopt: { resources: [{ ...deployment, selector: {} }] } },
      "at least one",
    ],
    [
      "an adoption by name and by labels",
      { adopt: { resources: [{ ...deployment, name: "a", selector: { matchLabels: { a: "b" } } }] } },
      "exactly one of name, selector",
    ],
  ])("refuses %s", async (_, spec, message) => {
    await expect(fixture.kube.create(transform(spec), { dryRun: true })).rejects.toThrow(message);
  });
});

function policy(name: string) {
  return { name, cueRef: { type: "inline", ref: "#Input: {}" } };
}
