import { describe, expect, it } from "vitest";
import { type SnapshotLine, snapshotDigest } from "../../protocol/tunnel/snapshot.ts";
import { beginSnapshot, fateOf } from "./snapshot.ts";

const line = (key: string): SnapshotLine => ({ key, revision: 1, digest: `sha256:${"a".repeat(64)}` });

const snapshotOf = (keys: string[], epochId = "e1") => {
  const snapshot = beginSnapshot({ snapshot: "s", epochId, seq: 9 });
  for (const key of keys) snapshot.add(line(key));
  return snapshot;
};

describe("a snapshot is complete", () => {
  const end = async (keys: string[]) => ({
    epochId: "e1",
    seq: 9,
    count: keys.length,
    digest: await snapshotDigest(keys.map(line)),
  });

  it("with the count and the digest of its end, in whatever order it came", async () => {
    expect(await snapshotOf(["b", "a"]).matches(await end(["a", "b"]))).toBe(true);
    expect(await snapshotOf([]).matches(await end([]))).toBe(true);
  });

  it.each([
    ["a line is missing", ["a"], {}],
    ["a line too many", ["a", "b", "c"], {}],
    ["another line", ["a", "x"], {}],
    ["a line twice", ["a", "b", "b"], {}],
    ["another number", ["a", "b"], { seq: 10 }],
    ["another epoch", ["a", "b"], { epochId: "e2" }],
  ])("and not where %s", async (_name, keys, change) => {
    expect(await snapshotOf(keys).matches({ ...(await end(["a", "b"])), ...change })).toBe(false);
  });
});

describe("what becomes of a live object", () => {
  it.each([
    { name: "it is in the snapshot", key: "a", written: "e1", known: "e1", fate: "keep" },
    { name: "absent, its epoch known", key: "x", written: "e1", known: "e1", fate: "delete" },
    { name: "absent, the first snapshot of an epoch", key: "x", written: "e0", known: "e0", fate: "orphan" },
    {
      name: "absent, written in an epoch before the known one",
      key: "x",
      written: "e0",
      known: "e1",
      fate: "orphan",
    },
    { name: "absent, the agent knows nothing", key: "x", written: "e1", known: undefined, fate: "orphan" },
    { name: "absent, without an epoch of its own", key: "x", written: "", known: "e1", fate: "orphan" },
  ])("$name: $fate", ({ key, written, known, fate }) => {
    expect(fateOf({ key, epochId: written }, snapshotOf(["a"]), known)).toBe(fate);
  });

  it("it changed after the snapshot was taken: kept", () => {
    const snapshot = snapshotOf(["a"]);
    snapshot.touched.add("x");
    expect(fateOf({ key: "x", epochId: "e1" }, snapshot, "e1")).toBe("keep");
  });

  it("an empty snapshot of a new epoch deletes nothing at all", () => {
    const fates = ["a", "b", "c"].map((key) => fateOf({ key, epochId: "e0" }, snapshotOf([]), "e0"));
    expect(fates).toEqual(["orphan", "orphan", "orphan"]);
  });
});
