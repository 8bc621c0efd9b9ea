import { describe, expect, it } from "vitest";
import { KubeError, type StatusCause } from "../kube/index.ts";
import { mutatedText } from "./mutated.ts";
import { conflictsOf, conflictText, immutableFields, immutableText, isDenied } from "./refusals.ts";

const refused = (status: number, message: string, causes: StatusCause[] = []) =>
  new KubeError(message, {
    ...{ kind: status === 403 ? "forbidden" : status === 409 ? "conflict" : "invalid", status, reason: "x" },
    causes,
  });
const conflict = (manager: string, field: string): StatusCause => ({
  reason: "FieldManagerConflict",
  message: `conflict with "${manager}" using apps/v1 at 2026-01-01T00:00:00Z`,
  field,
});

describe("a conflict", () => {
  it("names each manager with its fields", () => {
    const error = refused(409, "Apply failed", [
      conflict("kubectl", ".spec.replicas"),
      conflict("helm", ".data.a"),
      conflict("kubectl", ".spec.paused"),
    ]);
    expect(conflictsOf(error)).toEqual([
      { manager: "kubectl", fields: [".spec.replicas", ".spec.paused"] },
      { manager: "helm", fields: [".data.a"] },
    ]);
    expect(conflictText(conflictsOf(error))).toContain(
      "kubectl (.spec.replicas, .spec.paused), helm (.data.a)",
    );
  });
  it("is bounded, however many there are", () => {
    const causes = Array.from({ length: 1_000 }, (_, n) => conflict(`m${n % 20}`, `.data.k${n}`));
    const found = conflictsOf(refused(409, "Apply failed", causes));
    expect([found.length, Math.max(...found.map(({ fields }) => fields.length))]).toEqual([8, 16]);
  });
});

describe("an immutable field", () => {
  it.each([
    ["spec.selector", 'Invalid value: {"matchLabels":{"a":"b"}}: field is immutable'],
    ["spec.clusterIPs[0]", 'Invalid value: ["10.0.0.1"]: may not change once set'],
    ["roleRef", 'Invalid value: {"kind":"Role"}: cannot change roleRef'],
    ["spec", "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden"],
    ["data", "Forbidden: field is immutable when `immutable` is set"],
    ["spec", "Forbidden: spec is immutable after creation except x\n@@ -1 +1 @@\n-   a: 1"],
    ["value", "Forbidden: may not be changed in an update."],
    ["parameters", "Forbidden: updates to parameters are forbidden."],
    ["spec.size", 'Invalid value: "integer": Value is immutable'],
  ])("%s: %s", (field, message) =>
    expect(immutableFields(refused(422, "is invalid", [{ field, message }]))).toEqual([field]),
  );
  it.each([
    ["another refusal", "Invalid value: -1: must be greater than or equal to 0"],
    ["a value that only speaks of it", 'Invalid value: "immutable": must be a number'],
  ])("is not %s", (_, message) =>
    expect(immutableFields(refused(422, "is invalid", [{ field: "spec", message }]))).toEqual([]),
  );
  it.each<[string, object, string]>([
    ["with a way out", {}, "with recreateOnImmutable it would be"],
    ["of a volume claim, without one", { kind: "PersistentVolumeClaim", recreate: true }, "would be lost"],
    ["of what is protected", { protect: true }, "it is protected"],
  ])("is told %s", (_, { kind = "Job", ...more }: { kind?: string }, says) => {
    const node = { ref: { apiVersion: "v1", kind, name: "x" }, protect: false, recreate: false, ...more };
    expect(immutableText(["spec.x"], node)).toContain(says);
  });
});

describe("an admission's no", () => {
  it.each([
    [refused(403, 'admission webhook "a.test" denied the request: no'), true],
    [refused(422, "ValidatingAdmissionPolicy 'x' with binding 'y' denied request: no"), true],
    [refused(403, 'pods "a" is forbidden: exceeded quota: q'), true],
    [refused(403, 'pods "a" is forbidden: violates PodSecurity "baseline:latest"'), true],
    [refused(403, 'configmaps "a" is forbidden: User "x" cannot patch resource'), false],
    [refused(422, "spec.replicas: Invalid value: -1"), false],
  ])("%s: %s", (error, is) => expect(isDenied(error)).toBe(is));
});

describe("what came back from an apply", () => {
  const object = (spec: object) => ({ apiVersion: "v1", kind: "X", metadata: { name: "x" }, spec });
  const seen = (sent: object, live: object) => mutatedText(object(sent), object(live) as never);
  it.each<[string, object, object]>([
    ["additions of the server", { a: 1 }, { a: 1, b: 2 }],
    ["quantities in the server's writing", { cpu: "1000m", mem: "1024Mi" }, { cpu: "1", mem: "1Gi" }],
    ["numbers as text", { port: 80 }, { port: "80" }],
    [
      "items by name",
      { list: [{ name: "a", x: 1 }, { name: "b" }] },
      { list: [{ name: "b" }, { name: "a", x: 1 }] },
    ],
    ["fields that are only written", { stringData: { a: "1" } }, {}],
  ])("is as it was sent: %s", (_, sent, live) => expect(seen(sent, live)).toBeUndefined());
  it("was changed on the way: the field is said, its value is not", () =>
    expect(
      seen({ list: [{ name: "a", x: "secret" }], n: 1 }, { list: [{ name: "a", x: "other" }], n: 2 }),
    ).toBe("an admission changed what was sent: .spec.list[a].x, .spec.n"));
});
