import { describe, expect, it } from "vitest";
import type { Mode } from "./model.ts";
import {
  type Action,
  actionFor,
  type Marks,
  mayDelete,
  type Owner,
  ownerOf,
  refusalOf,
} from "./ownership.ts";

const lineage = "cls_1/release/rel_1";
const graph = { key: "ns/app-web", uid: "u1", lineage };
const marks = (some: Partial<Marks> = {}): Marks => ({ uid: "o1", made: true, ...some });
const key = graph.key;

describe("whose an object is", () => {
  it.each<[string, Partial<Marks>, Owner]>([
    ["our mark and the recorded UID", { graphUid: "u1", graphKey: key, lineage, made: false }, "ours"],
    ["our mark on an object that we made", { uid: "o2", graphUid: "u1", graphKey: key, lineage }, "ours"],
    ["our mark, copied", { uid: "o2", graphUid: "u1", graphKey: key, lineage, made: false }, "copy"],
    ["an earlier life of this graph", { graphUid: "u0", graphKey: key, lineage }, "previous"],
    ["let go by this graph", { graphKey: key, lineage }, "previous"],
    ["a copy of what this graph let go", { graphKey: key, lineage, made: false }, "copy"],
    [
      "of our name, of another control plane",
      { graphUid: "u0", graphKey: key, lineage: "cls_2/release/rel_1" },
      "other",
    ],
    ["let go by another of our name", { graphKey: key, lineage: "cls_1/release/rel_0" }, "nobody"],
    ["let go, of no lineage", { graphKey: key }, "nobody"],
    ["another graph's", { graphUid: "u2", graphKey: "ns/app-api" }, "other"],
    ["no mark", { made: false }, "nobody"],
  ])("%s", (_, some, owner) => expect(ownerOf(marks(some), graph, "o1")).toBe(owner));

  it("is said where it is refused", () => {
    const of = (some: Partial<Marks>) =>
      refusalOf("Namespace", "x", marks(some), ownerOf(marks(some), graph, undefined));
    expect(of({ graphUid: "u1", graphKey: key, lineage, made: false })).toContain("a copy");
    expect(of({ graphUid: "u9", graphKey: key, lineage: "cls_2/project/p" })).toContain("of cls_2/project/p");
    expect(of({ graphKey: key, lineage: "cls_2/project/p" })).toContain(
      "left there by the graph ns/app-web of cls_2",
    );
    expect(of({ made: false })).toContain("was not made by this graph");
    const helms = { ...marks({ made: false }), otherOwner: "helm:shop/web" };
    expect(refusalOf("ConfigMap", "x", helms, "nobody")).toContain("belongs to helm:shop/web");
  });
});

describe("what may be done with a node's object", () => {
  const of = (mode: Mode, live: Owner | undefined, force = false, deleting = false): Action =>
    actionFor({ mode, force, live: live && { owner: live, deleting, inventoried: false } });

  it.each<[Mode, Owner | undefined, Action]>([
    ["Apply", undefined, "create"],
    ["Apply", "ours", "apply"],
    ["Apply", "previous", "apply"],
    ["Apply", "nobody", "refuse"],
    ["Apply", "other", "refuse"],
    ["Apply", "copy", "refuse"],
    ["Create", undefined, "create"],
    ["Create", "ours", "keep"],
    ["Create", "nobody", "keep"],
    ["Create", "other", "refuse"],
    ["Adopt", undefined, "create"],
    ["Adopt", "nobody", "apply"],
    ["Adopt", "ours", "apply"],
    ["Adopt", "other", "refuse"],
    ["Observe", undefined, "await"],
    ["Observe", "nobody", "keep"],
    ["Observe", "other", "keep"],
  ])("%s, %s: %s", (mode, live, action) => expect(of(mode, live)).toBe(action));

  it("Force takes what nobody owns, and never what another graph owns", () => {
    expect(of("Apply", "nobody", true)).toBe("apply");
    expect(of("Apply", "other", true)).toBe("refuse");
  });

  it.each<[Mode, boolean, Owner, Action]>([
    ["Adopt", false, "nobody", "refuse"],
    ["Adopt", false, "copy", "refuse"],
    ["Apply", true, "nobody", "refuse"],
    ["Adopt", true, "nobody", "refuse"],
    // It has been ours since before that tool's mark came to it.
    ["Apply", false, "ours", "apply"],
    ["Create", false, "nobody", "keep"],
    ["Observe", false, "nobody", "keep"],
  ])("of another tool's inventory, %s, force %s, %s: %s", (mode, force, owner, action) =>
    expect(actionFor({ mode, force, live: { owner, deleting: false, inventoried: true } })).toBe(action),
  );

  it("what is being deleted is waited for", () => expect(of("Apply", "ours", false, true)).toBe("leaving"));
});

describe("a deletion", () => {
  const ours = { graphUid: "u1", graphKey: key, lineage };
  it.each<[string, Partial<Marks>, string | undefined, boolean]>([
    ["mark and UID as recorded", ours, "o1", true],
    ["mark and UID as recorded, the field managers wiped", { ...ours, made: false }, "o1", true],
    ["no UID recorded, but made by us", ours, undefined, true],
    ["no UID recorded, and no proof", { ...ours, made: false }, undefined, false],
    ["another UID: made again by somebody", { ...ours, uid: "o2", made: false }, "o1", false],
    ["the mark is gone", { graphKey: key, lineage }, "o1", false],
    ["another graph's mark", { ...ours, graphUid: "u2" }, "o1", false],
    ["an earlier life's mark", { ...ours, graphUid: "u0" }, "o1", false],
  ])("%s", (_, some, uid, may) => expect(mayDelete(marks(some), uid, graph)).toBe(may));
});
