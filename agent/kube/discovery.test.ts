import { describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import type { Core } from "./core.ts";
import { createDiscovery } from "./discovery.ts";
import { readGroups } from "./discovery-documents.ts";

const resource = (kind: string, scope: "Namespaced" | "Cluster" = "Namespaced") => ({
  resource: `${kind.toLowerCase()}s`,
  responseKind: { group: "", version: "", kind },
  scope,
  verbs: ["get"],
  subresources: [{ subresource: "status" }],
});
const group = (name: string, version: string, kinds: string[], freshness = "Current") => ({
  metadata: { name },
  versions: [{ version, freshness, resources: kinds.map((kind) => resource(kind)) }],
});

describe("the catalogue of kinds", () => {
  it("has each kind at each version, with what its URL needs", () => {
    const { byType } = readGroups([
      { items: [group("", "v1", ["Pod"])] },
      { items: [group("apps", "v1", ["Job"])] },
    ]);
    expect(byType.get("v1/Pod")).toMatchObject({
      group: "",
      resource: "pods",
      namespaced: true,
      subresources: ["status"],
    });
    expect(byType.get("apps/v1/Job")).toMatchObject({ group: "apps", apiVersion: "apps/v1" });
  });

  it("marks groups whose server did not answer", () => {
    expect([...readGroups([{ items: [group("metrics.k8s.io", "v1", [], "Stale")] }]).stale]).toEqual([
      "metrics.k8s.io/v1",
    ]);
  });
});

/** A core that answers discovery from `groups` as they are at that moment. */
function discoveryOf(groups: ReturnType<typeof group>[]) {
  let asked = 0;
  const call = async ({ path }: { path: string }) => {
    asked += 1;
    const items = path === "/apis" ? [...groups] : [];
    return {
      status: 200,
      headers: {},
      body: Buffer.from(JSON.stringify({ kind: "APIGroupDiscoveryList", items })),
    };
  };
  const clock = createManualClock();
  return { discovery: createDiscovery({ call } as unknown as Core, clock), clock, asked: () => asked };
}
const thing = { apiVersion: "x.test/v1", kind: "Thing" };

describe("resolving a kind", () => {
  it("asks once for many, and again at most once a second while it is missing", async () => {
    const groups = [group("x.test", "v1", [])];
    const { discovery, clock, asked } = discoveryOf(groups);
    const missing = Array.from({ length: 50 }, () => discovery.resolve(thing));
    const first = Promise.allSettled(missing);
    await clock.advance(1_000);
    expect((await first).map(({ status }) => status)).toEqual(missing.map(() => "rejected"));
    // Once for the first, once for those who came while that question was under way; two requests each time.
    expect(asked()).toBe(4);
    const before = asked();
    groups[0] = group("x.test", "v1", ["Thing"]);
    const again = Promise.all(Array.from({ length: 50 }, () => discovery.resolve(thing)));
    await clock.advance(999);
    expect(asked()).toBe(before);
    await clock.advance(1);
    expect((await again)[0]).toMatchObject({ resource: "things" });
    expect(asked()).toBe(before + 2);
  });

  it("of a group whose server does not answer is a failure that passes", async () => {
    const { discovery } = discoveryOf([group("x.test", "v1", [], "Stale")]);
    await expect(discovery.resolve(thing)).rejects.toMatchObject({ kind: "transient" });
  });
});
