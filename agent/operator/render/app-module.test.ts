import { describe, expect, it } from "vitest";
import { documentStatusSchema } from "../../../protocol/resources/status.ts";
import { bounded } from "../../status/bound.ts";
import type { Good, Standing } from "../rendering/attempt.ts";
import type { NovaApp } from "../resources.ts";
import { documentStatus, renderedStatus } from "../status.ts";
import { withRendering } from "./app-module.ts";

const [EARLIER, SINCE, NOW] = [0, 1, 2].map((hour) => `2026-01-01T0${hour}:00:00.000Z`) as [
  string,
  string,
  string,
];
const metadata = {
  ...{ name: "web", namespace: "acme", uid: "1", resourceVersion: "1", generation: 2 },
  annotations: { "kubenova.io/desired-key": "release/rel_1", "kubenova.io/desired-revision": "7" },
};
const app = (status?: object) =>
  ({ metadata, spec: {}, ...(status ? { status } : {}) }) as unknown as NovaApp;
const rendered = (source: Partial<Good["source"]> = {}): Standing => ({
  state: "rendered",
  good: {
    source: { digest: "sha256:1", fetchedAt: EARLIER, ...source },
    ...{ policies: [], renderHash: "sha256:1", violations: [], languageVersions: {} },
    ...{ nodes: [], nodesHash: "1" },
  },
});
const graph = { namespace: "acme", name: "app-web" };
const statusOf = (standing: Standing, former?: object, message?: string) => {
  const outcome = { phase: "Ready" as const, ...(message ? { message } : {}) };
  const status = renderedStatus(app(former), graph, outcome, NOW);
  return withRendering(status, standing, app(former), NOW);
};
const fetched = ({ conditions = [] }: ReturnType<typeof statusOf>) => {
  const { status, reason, message } = conditions.find(({ type }) => type === "Fetched") ?? {};
  return [status, reason, message];
};
const away = { stale: { since: SINCE, reason: "connection refused" } };

describe("the status of an app whose source is away", () => {
  it("says so, by condition, message and since when; and it stays Ready", () => {
    const status = statusOf(rendered(away));
    expect(status).toMatchObject({ phase: "Ready", render: { digest: "sha256:1", ...away } });
    expect(status.message).toContain(`since ${SINCE}`);
    expect(fetched(status)).toEqual(["True", "Stale", "connection refused"]);
  });

  it("keeps the first time and its reason, until the source is there again", () => {
    const first = statusOf(rendered(away));
    const later = { stale: { since: NOW, reason: "timeout" } };
    expect(statusOf(rendered(later), first).render).toEqual(first.render);
    const back = statusOf(rendered(), first);
    expect([back.message, back.render?.stale, ...fetched(back)]).toEqual([
      ...[undefined, undefined],
      ...["True", "Fetched", ""],
    ]);
    expect(statusOf(rendered({ ...later, digest: "sha256:2" }), first).render?.stale).toEqual(later.stale);
  });

  it("says what is worse first", () => {
    expect(statusOf(rendered(away), undefined, "1 of 2 is not ready").message).toBe("1 of 2 is not ready");
  });

  it("reaches the manager, bounded however long the reason is", () => {
    const status = statusOf(rendered({ stale: { since: SINCE, reason: "x".repeat(5_000) } }));
    const told = documentStatus(app(), status);
    expect(told).toMatchObject({ key: "release/rel_1", revision: 7, render: { stale: { since: SINCE } } });
    expect(documentStatusSchema.safeParse(told).success).toBe(true);
    const long = { key: "k", revision: 1, phase: "Ready" as const };
    const sent = bounded({ ...long, render: { stale: { since: SINCE, reason: "x".repeat(5_000) } } });
    expect(sent?.render?.stale?.reason).toHaveLength(1_024);
  });
});
