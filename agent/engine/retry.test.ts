import { describe, expect, it } from "vitest";
import { type ErrorKind, KubeError } from "../kube/index.ts";
import { nextCorrection } from "./node-run.ts";
import { verdictOf } from "./retry.ts";

const error = (kind: ErrorKind, more: object = {}) =>
  new KubeError("x", { kind, status: 0, reason: "x", ...more });
const conflict = error("conflict", {
  causes: [{ reason: "FieldManagerConflict", field: ".a", message: "m" }],
});

describe("after a failure", () => {
  it.each<[string, unknown, number, boolean]>([
    ["a server that is unwell is not the object's failure at first", error("transient"), 4, false],
    ["but is in the end", error("transient"), 5, true],
    ["rights may just be on their way", error("forbidden"), 2, false],
    ["and may not come", error("forbidden"), 3, true],
    ["invalid is said at once", error("invalid"), 1, true],
    ["a conflict over fields is said at once", conflict, 1, true],
    ["one over versions is not", error("conflict"), 1, false],
  ])("%s", (_, failure, attempts, failed) =>
    expect(verdictOf(failure, attempts, () => 0.5).failed).toBe(failed),
  );

  it("pauses grow and have a ceiling; an invalid object is hardly ever sent again", () => {
    const pauses = [1, 2, 3, 30].map(
      (attempts) => verdictOf(error("transient"), attempts, () => 1).retryInMs,
    );
    expect(pauses).toEqual([500, 1_000, 2_000, 30_000]);
    expect(verdictOf(error("invalid"), 1, () => 1).retryInMs).toBe(60_000);
  });

  it("never comes back at once, and not before the server said", () => {
    expect(verdictOf(error("transient"), 1, () => 0).retryInMs).toBe(50);
    expect(verdictOf(error("tooMany", { retryAfterSeconds: 7 }), 1, () => 1).retryInMs).toBe(7_000);
  });

  it("what is read-only is not retried", () =>
    expect(verdictOf(error("readOnly"), 1, () => 1)).toEqual({ failed: true }));
});

describe("drift", () => {
  it("is corrected at once, again only after a pause that doubles, and at once again after a calm", () => {
    expect(nextCorrection({ corrections: 0, correctedAt: 0 }, 100)).toEqual({ waitMs: 0, corrections: 1 });
    expect(nextCorrection({ corrections: 1, correctedAt: 100 }, 200)).toEqual({
      waitMs: 900,
      corrections: 2,
    });
    expect(nextCorrection({ corrections: 3, correctedAt: 0 }, 5_000)).toEqual({ waitMs: 0, corrections: 4 });
    expect(nextCorrection({ corrections: 3, correctedAt: 0 }, 90_000)).toEqual({ waitMs: 0, corrections: 1 });
  });
});
