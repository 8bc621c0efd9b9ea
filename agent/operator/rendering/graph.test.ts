import { describe, expect, it } from "vitest";
import type { GraphNode } from "../../../protocol/resources/graph.ts";
import type { Good } from "./attempt.ts";
import { bounded, type GraphFrame, moduleGraph, platformRef } from "./graph.ts";

const digest = `sha256:${"a".repeat(64)}`;
const cueRef = { type: "oci", ref: "registry.example/web:1" } as const;
const nodes: GraphNode[] = [
  { id: "a", object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } } },
];
const good: Good = {
  source: { digest, fetchedAt: "2026-01-01T00:00:00.000Z" },
  ...{ policies: [], renderHash: "sha256:1", violations: [], languageVersions: { cue: "v0.18.0" } },
  ...{ nodes, nodesHash: "1" },
};
const frame: GraphFrame = { applyAs: { kind: "Agent" }, labels: {}, metadata: { name: "web" } };
const [FIRST, LATER] = ["2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"];

describe("a rendering that comes out as the graph of before", () => {
  const former = {
    ...{ name: "web", renderHash: "sha256:1", renderedAt: FIRST },
    ...{ engineVersion: "0.0.1", languageVersions: { cue: "v0.17.1" } },
  };

  it("keeps its time and its versions: an upgrade alone writes no graph", () => {
    const { metadata } = moduleGraph(
      frame,
      cueRef,
      good,
      nodes,
      { metadata: former, sameNodes: true },
      LATER,
    );
    expect(metadata).toMatchObject(former);
  });

  it("is another where what was read, or what came of it, is another", () => {
    const renderedAt = (more: Partial<Good>, sameNodes: boolean) =>
      moduleGraph(frame, cueRef, { ...good, ...more }, nodes, { metadata: former, sameNodes }, LATER).metadata
        ?.renderedAt;
    expect(renderedAt({ renderHash: "sha256:2" }, true)).toBe(LATER);
    expect(renderedAt({}, false)).toBe(LATER);
  });
});

it.each([
  [cueRef, `oci://registry.example/web:1@${digest}`],
  [{ type: "oci", ref: `registry.example/web@${digest}` } as const, `oci://registry.example/web@${digest}`],
  [
    { type: "git", ref: "https://git.example/a.git?ref=main", path: "web" } as const,
    `https://git.example/a.git?ref=main@${digest}#web`,
  ],
  [{ type: "inline", ref: "nodes: {}" } as const, `inline@${digest}`],
  [{ type: "embedded", ref: "webservice" } as const, `embedded://webservice@${digest}`],
])("%j is told as %s", (ref, expected) => {
  expect(platformRef(ref, digest)).toBe(expected);
});

it("violations are stored within bounds, those that deny first", () => {
  const violation = { path: "p".repeat(2_000), message: "m".repeat(2_000), policy: "q".repeat(300) };
  const many = [
    ...Array.from({ length: 150 }, () => ({ ...violation, severity: "Warn" as const })),
    { ...violation, severity: "Deny" as const },
  ];
  const [first, ...rest] = bounded(many);
  expect(first).toEqual({
    path: "p".repeat(1_024),
    message: "m".repeat(1_024),
    policy: "q".repeat(253),
    severity: "Deny",
  });
  expect(rest).toHaveLength(99);
});
