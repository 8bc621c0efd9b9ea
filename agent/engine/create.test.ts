import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../kube/index.ts";
import { asRun, type CreateSituation, createAction, defaultMode, runIdOf } from "./create.ts";
import { actionFor, type Owner } from "./ownership.ts";

const job = (spec: object = {}): KubeObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "migrate", namespace: "ns" },
  spec: { template: {}, ...spec },
});
const secret: KubeObject = { apiVersion: "v1", kind: "Secret", metadata: { name: "password" } };
const nodeOf = ({ apiVersion, kind, metadata }: KubeObject, more: object = {}) => ({
  ...{ mode: "Create" as const, protect: false, ...more },
  ref: { apiVersion, kind, name: metadata.name ?? "" },
});

interface Case {
  object?: KubeObject;
  node?: object;
  held?: CreateSituation["held"];
  /** Run id on the live object; undefined: there is none. */
  live?: string;
  deleting?: boolean;
  owner?: Owner;
}
function act({ object = job(), node, held, live, deleting = false, owner = "ours" }: Case) {
  const seen = live === undefined ? undefined : { deleting, ...(live ? { run: live } : {}) };
  const there = seen && { owner, deleting, inventoried: false };
  const action = actionFor({ mode: "Create", force: false, live: there });
  const of = seen ? owner : undefined;
  return createAction({ node: nodeOf(object, node), runId: "now", held, seen, owner: of, action });
}

describe("a node of mode Create", () => {
  it.each<[string, Case, string]>([
    ["never made", {}, "create"],
    ["made by this run", { live: "now" }, "keep"],
    ["made by this run, killed before any record", { live: "now", held: {} }, "keep"],
    ["its object gone before it was done: deleted by somebody", { held: { run: "now" } }, "create"],
    ["its object gone after it was done", { held: { run: "now", done: true } }, "done"],
    ["going after it was done", { live: "now", deleting: true, held: { run: "now", done: true } }, "done"],
    ["going before it was done", { live: "now", deleting: true, held: { run: "now" } }, "leaving"],
    ["done in another run, gone since", { held: { run: "old", done: true } }, "create"],
    ["the object of another run is there", { live: "old", held: { run: "old", done: true } }, "replace"],
    ["and is protected", { live: "old", node: { protect: true } }, "keep"],
    ["the object says no run", { live: "" }, "keep"],
    ["a run of nobody's", { live: "", owner: "nobody" }, "refuse"],
    ["a run of another graph", { live: "now", owner: "other" }, "refuse"],
    ["a secret of another revision", { object: secret, live: "old" }, "keep"],
    ["a secret with a run key", { object: secret, live: "old", node: { runKey: "2" } }, "replace"],
    ["a secret that was there", { object: secret, live: "", owner: "nobody" }, "keep"],
  ])("%s: %#", (_, situation, action) => expect(act(situation)).toBe(action));

  it("is never made while its object is there, nor after it was done: whatever else holds", () => {
    const anything = fc.record({
      held: fc.option(fc.record({ run: fc.constantFrom("now", "old"), done: fc.boolean() }), {
        nil: undefined,
      }),
      live: fc.constantFrom(undefined, "", "now", "old"),
      deleting: fc.boolean(),
      owner: fc.constantFrom<Owner>("ours", "previous", "copy", "other", "nobody"),
    });
    fc.assert(
      fc.property(anything, ({ held, live, ...rest }) => {
        const action = act({ ...rest, ...(held ? { held } : {}), ...(live === undefined ? {} : { live }) });
        if (live !== undefined) expect(action).not.toBe("create");
        if (held?.done && held.run === "now" && live === undefined) expect(action).toBe("done");
      }),
    );
  });
});

describe("a run", () => {
  it("carries its id, and no TTL yet", () => {
    const object = job({ ttlSecondsAfterFinished: 0 });
    const sent = asRun({ object });
    expect(sent.metadata.annotations).toEqual({ "kubenova.io/run": runIdOf({ object }) });
    expect(sent.spec).toEqual({ template: {} });
  });
  it("is another where its object or its key is another", () => {
    const ids = [{ object: job() }, { object: job({ backoffLimit: 1 }) }, { object: job(), runKey: "1" }].map(
      runIdOf,
    );
    expect(new Set(ids).size).toBe(3);
    expect(runIdOf({ object: job() })).toBe(ids[0]);
  });
  it("is what a Job that removes itself is by default", () => {
    expect(defaultMode(job({ ttlSecondsAfterFinished: 60 }))).toBe("Create");
    expect(defaultMode(job())).toBe("Apply");
  });
});
