import { describe, expect, it } from "vitest";
import { ANNOTATION, LABEL } from "../../domain/names/labels.ts";
import type { Adopt } from "../../protocol/resources/adopt.ts";
import type { LiveObject } from "../kube/index.ts";
import { desiredGuarded, desiredOf } from "./desired.ts";
import { isGuarded, whyNot } from "./later-writers.ts";
import { marked } from "./marks.ts";
import type { GraphNode } from "./model.ts";

const binding = (spec: object) => ({ deleting: false, object: { spec } as unknown as LiveObject });
const good = { policyName: "kubenova-later-writers", validationActions: ["Deny"] };
const policy = { deleting: false };

describe("whether the API server refuses later writers", () => {
  it("is true where the policy is bound to deny, everywhere", () =>
    expect(whyNot(policy, binding(good))).toBeUndefined());

  it.each<[string, Parameters<typeof whyNot>, string]>([
    [
      "there is none",
      [undefined, undefined],
      "no ValidatingAdmissionPolicy and no ValidatingAdmissionPolicyBinding",
    ],
    ["it is bound to nothing", [policy, undefined], "no ValidatingAdmissionPolicyBinding"],
    ["it goes", [{ deleting: true }, binding(good)], "being deleted"],
    ["it only warns", [policy, binding({ ...good, validationActions: ["Warn"] })], "does not deny"],
    ["its binding is of another", [policy, binding({ ...good, policyName: "x" })], "does not deny"],
    ["its binding is not known", [policy, { deleting: false }], "does not deny"],
    ["it is narrowed", [policy, binding({ ...good, matchResources: {} })], "narrowed"],
    ["it cannot be read", [policy, binding(good), "forbidden"], "forbidden"],
  ])("is not, and is said, where %s", (_, [one, other, problem], why) =>
    expect(whyNot(one, other, problem)).toContain(why),
  );
});

describe("the label of an object whose later writers are refused", () => {
  const resources: Adopt["resources"] = [{ apiVersion: "v1", kind: "ConfigMap", name: "a" }];
  const node = (name: string, mode: GraphNode["mode"]) =>
    ({
      mode,
      ref: { apiVersion: "v1", kind: "ConfigMap", namespace: "n", name },
      object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name } },
    }) as GraphNode;
  const refuse = { resources, laterWriters: "Refuse" as const };

  it.each<[string, Parameters<typeof isGuarded>[0], string, GraphNode["mode"], boolean, boolean]>([
    ["what the policy names", refuse, "a", "Apply", false, true],
    ["what was taken before", refuse, "b", "Apply", true, true],
    ["what it does not speak of", refuse, "b", "Apply", false, false],
    ["where it is not asked for", { resources }, "a", "Apply", true, false],
    ["without adoption", undefined, "a", "Apply", true, false],
    ["what is never written", { ...refuse, strategy: "Mirror" }, "a", "Apply", false, false],
    ["what would only be taken", { ...refuse, dryRun: true }, "a", "Apply", false, false],
    ["what is left alone once made", refuse, "a", "Create", false, false],
    ["what is observed", refuse, "a", "Observe", false, false],
  ])("is on %s: %s", (_, of, name, mode, adopted, is) =>
    expect(isGuarded(of, node(name, mode), "n", { adopted })).toBe(is),
  );

  it("is the engine's to set: a copied manifest that has it is applied without", () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", labels: { [LABEL.laterWriters]: "refuse", x: "1" } },
    };
    const { labels } = marked(object, {}, { key: "n/g", uid: "u" }).metadata;
    expect(labels).toEqual({ x: "1", [LABEL.managedBy]: "kubenova" });
  });

  it.each([
    ["enabled", undefined],
    ["disabled", "disabled"],
  ])("leaves to others the annotation that hands the object over: a module's %s", (said, sent) => {
    const annotations = { [ANNOTATION.reconcile]: said, note: "x" };
    const one = { ...node("a", "Apply"), ignore: [] } as GraphNode;
    one.object.metadata.annotations = annotations;
    const { metadata } = desiredGuarded(desiredOf(one, {}, { key: "n/g", uid: "u" })).desired;
    expect(metadata.annotations?.[ANNOTATION.reconcile]).toBe(sent);
    expect(metadata.annotations?.note).toBe("x");
    expect(metadata.labels?.[LABEL.laterWriters]).toBe("refuse");
  });
});
