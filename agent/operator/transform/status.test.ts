import { describe, expect, it } from "vitest";
import type { Condition } from "../../../protocol/resources/common.ts";
import type { TransformStatus } from "../../../protocol/resources/transform.ts";
import type { Violation } from "../../../protocol/resources/violation.ts";
import type { Good, Standing } from "../rendering/attempt.ts";
import { RenderingError } from "../rendering/failure.ts";
import { transformNews } from "./news.ts";
import { transformStatus } from "./status.ts";

const [EARLIER, NOW] = ["2026-01-01T00:00:00.000Z", "2026-01-01T01:00:00.000Z"];
const good = (more: Partial<Good> = {}): Good => ({
  source: { digest: `sha256:${"a".repeat(64)}`, fetchedAt: EARLIER },
  policies: [],
  renderHash: "sha256:1",
  violations: [],
  languageVersions: { cue: "v0.17.1" },
  nodes: [],
  nodesHash: "1",
  ...more,
});
const rendered = (more: Partial<Good> = {}): Standing => ({ state: "rendered", good: good(more) });
const failed = (stage: RenderingError["stage"], reason: string): Standing => ({
  state: "failed",
  failures: 1,
  error: new RenderingError({
    stage,
    reason,
    retry: "never",
    errors: [{ message: "no", file: "a.cue", line: 3 }],
  }),
});
const violation = (severity: Violation["severity"]): Violation => ({
  ...{ path: "input.a", message: "too much", severity, policy: "few" },
});
const statusOf = (standing: Standing, former?: TransformStatus, now = NOW): TransformStatus => {
  const metadata = { name: "web", namespace: "acme", uid: "1", resourceVersion: "1", generation: 2 };
  const outcome =
    standing.state === "failed"
      ? { phase: "Failed" as const, reason: standing.error.reason, message: standing.error.message }
      : { phase: "Ready" as const };
  const transform = { metadata, ...(former ? { status: former as never } : {}) };
  return transformStatus(transform, { outcome, standing, graph: undefined }, now);
};
const conditions = ({ conditions: all = [] }: TransformStatus) =>
  Object.fromEntries(all.map(({ type, status, reason }: Condition) => [type, `${status} ${reason}`]));

describe("the conditions of a Transform", () => {
  it("are all True where it is rendered and its graph is Ready", () => {
    expect(conditions(statusOf(rendered()))).toEqual({
      ...{ Fetched: "True Fetched", Validated: "True Validated", Rendered: "True Rendered" },
      ...{ Ready: "True Ready", Reconciling: "False Ready", Stalled: "False Ready" },
    });
  });

  it.each([
    ["Fetched", { Fetched: "False X", Validated: "Unknown NotReached", Rendered: "Unknown NotReached" }],
    ["Validated", { Fetched: "True Fetched", Validated: "False X", Rendered: "Unknown NotReached" }],
    ["Rendered", { Fetched: "True Fetched", Validated: "Unknown NotRendered", Rendered: "False X" }],
  ] as const)("say how far it came where it failed: %s", (stage, expected) => {
    const all = conditions(statusOf(failed(stage, "X")));
    expect(all).toMatchObject(expected);
    expect(all).toMatchObject({ Ready: "False X", Stalled: "True X" });
  });

  it("say that a policy denies, and that a source is away though all is well", () => {
    const denied = conditions(statusOf(rendered({ violations: [violation("Deny")] })));
    expect(denied).toMatchObject({ Validated: "False PolicyDenied", Rendered: "False PolicyDenied" });
    const stale = { since: EARLIER, reason: "no answer" };
    const source = { ...good().source, stale };
    expect(conditions(statusOf(rendered({ source })))).toMatchObject({ Fetched: "True Stale" });
  });
});

describe("the status of a Transform", () => {
  it("is the same, to the last character, where nothing changed: so nothing is written", () => {
    const first = statusOf(rendered(), undefined, EARLIER);
    const later = { ...good().source, fetchedAt: NOW };
    expect(statusOf(rendered({ source: later }), first, NOW)).toEqual(first);
  });

  it("keeps what was known while nothing new is: after a restart, say", () => {
    const first = statusOf(rendered({ violations: [violation("Warn")] }), undefined, EARLIER);
    const { resolvedCueRef, violations } = statusOf({ state: "working", sinceMs: 0 }, first);
    expect({ resolvedCueRef, violations }).toEqual({
      resolvedCueRef: first.resolvedCueRef,
      violations: first.violations,
    });
  });
});

describe("events", () => {
  const reasons = (former: TransformStatus | undefined, status: TransformStatus) =>
    transformNews(former, status).map(({ type, reason }) => `${type} ${reason}`);
  const well = statusOf(rendered());
  const broken = statusOf(failed("Rendered", "InvalidModule"), well);

  it("tell nothing of an ordinary success, nor twice of the same failure", () => {
    expect(reasons(undefined, well)).toEqual([]);
    expect(reasons(well, broken)).toEqual(["Warning RenderFailed"]);
    expect(reasons(broken, broken)).toEqual([]);
  });

  it("tell that it is well again, and that a reference moved", () => {
    expect(reasons(broken, statusOf(rendered(), broken))).toEqual(["Normal Rendered"]);
    const source = { digest: `sha256:${"b".repeat(64)}`, fetchedAt: NOW };
    expect(reasons(well, statusOf(rendered({ source }), well))).toEqual(["Normal Rendered"]);
  });

  it("tell of violations once, with the worst", () => {
    const warned = statusOf(rendered({ violations: [violation("Warn"), violation("Deny")] }), well);
    expect(transformNews(well, warned)).toEqual([
      {
        type: "Warning",
        reason: "Violated",
        action: "CheckPolicies",
        note: "policy few denies input.a (and 1 more)",
      },
    ]);
    expect(reasons(warned, warned)).toEqual([]);
  });
});
