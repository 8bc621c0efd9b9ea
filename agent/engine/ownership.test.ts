import { describe, expect, it } from "vitest";
import type { Mode } from "./model.ts";
import { type Action, actionFor, mayDelete, type Owner, ownerOf } from "./ownership.ts";

const graph = { key: "ns/app-web", uid: "u1" };

describe("whose an object is", () => {
  it.each<[string, { graphUid?: string; graphKey?: string }, Owner]>([
    ["our mark", { graphUid: "u1", graphKey: "ns/app-web" }, "ours"],
    ["an earlier life of this graph", { graphUid: "u0", graphKey: "ns/app-web" }, "previous"],
    ["let go by this graph", { graphKey: "ns/app-web" }, "previous"],
    ["another graph's", { graphUid: "u2", graphKey: "ns/app-api" }, "other"],
    ["no mark", {}, "nobody"],
  ])("%s", (_, marks, owner) => expect(ownerOf(marks, graph)).toBe(owner));
});

describe("what may be done with a node's object", () => {
  const of = (mode: Mode, live: Owner | undefined, force = false, deleting = false): Action =>
    actionFor({ mode, force, live: live && { owner: live, deleting } });

  it.each<[Mode, Owner | undefined, Action]>([
    ["Apply", undefined, "create"],
    ["Apply", "ours", "apply"],
    ["Apply", "previous", "apply"],
    ["Apply", "nobody", "refuse"],
    ["Apply", "other", "refuse"],
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

  it("what is being deleted is waited for", () => expect(of("Apply", "ours", false, true)).toBe("leaving"));
});

describe("a deletion", () => {
  const seen = (graphUid: string | undefined, uid = "o1") =>
    ({ uid, graphKey: "ns/app-web", ...(graphUid ? { graphUid } : {}) }) as Parameters<typeof mayDelete>[0];
  it.each([
    ["mark and UID as recorded", seen("u1"), "o1", true],
    ["our mark, and no UID recorded yet", seen("u1"), undefined, true],
    ["another UID: made again by somebody", seen("u1", "o2"), "o1", false],
    ["the mark is gone", seen(undefined), "o1", false],
    ["another graph's mark", seen("u2"), "o1", false],
  ])("%s", (_, live, uid, may) => expect(mayDelete(live, uid, graph)).toBe(may));
});
