import { describe, expect, it } from "vitest";
import type { LiveObject } from "../kube/index.ts";
import { desiredHash, isMadeByUs, liveHash, ownFields } from "./fields.ts";
import { GRAPH_ANNOTATION, marked } from "./marks.ts";

const live = (fieldsV1: Record<string, unknown>, rest: object, manager = "kubenova"): LiveObject =>
  ({
    apiVersion: "v1",
    kind: "Thing",
    metadata: {
      name: "x",
      uid: "u",
      resourceVersion: "1",
      managedFields: [
        { manager: "other", operation: "Update", fieldsV1: { "f:spec": {} } },
        { manager, operation: "Apply", fieldsV1 },
      ],
    },
    ...rest,
  }) as LiveObject;

describe("the fields of ours in a live object", () => {
  it.each([
    ["values", { "f:data": { "f:a": {} } }, { data: { a: "1", b: "2" } }, { data: { a: "1" } }],
    ["whole objects", { "f:spec": {} }, { spec: { deep: [1, 2] } }, { spec: { deep: [1, 2] } }],
    [
      "items by key, without what the server added to them",
      { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } } },
      { ports: [{ port: 81 }, { port: 80, protocol: "TCP", nodePort: 3 }] },
      { ports: [{ port: 80 }] },
    ],
    [
      "items by value",
      { "f:finalizers": { 'v:"a"': {} } },
      { finalizers: ["b", "a"] },
      { finalizers: ["a"] },
    ],
    ["a field that is gone", { "f:data": { "f:a": {} } }, { data: { b: "2" } }, { data: {} }],
  ])("%s", (_, fields, object, own) => expect(ownFields(live(fields, object))).toEqual(own));

  it("are none where another manager applied it", () => {
    expect(ownFields(live({ "f:data": {} }, { data: { a: "1" } }, "other"))).toBeUndefined();
  });

  it("hash to what was sent, where the server took it as it was", () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "x", namespace: "n" },
      data: { a: "1" },
    };
    const sent = marked(object, { team: "a" }, { key: "n/g", uid: "u1" });
    const { labels = {}, annotations = {} } = sent.metadata;
    const names = (of: object) => Object.fromEntries(Object.keys(of).map((key) => [`f:${key}`, {}]));
    const stored = live(
      {
        "f:data": { "f:a": {} },
        "f:metadata": { "f:labels": names(labels), "f:annotations": names(annotations) },
      },
      { data: { a: "1", theirs: "2" } },
    );
    Object.assign(stored.metadata, { labels: { ...labels, theirs: "x" }, annotations });
    expect(liveHash(stored)).toBe(desiredHash(sent));
  });
});

describe("whether an apply of ours made an object", () => {
  const mark = { "f:metadata": { "f:annotations": { [`f:${GRAPH_ANNOTATION}`]: {} } } };
  const made = (
    fields: Record<string, unknown>,
    times: { created?: string; written?: string },
    manager?: string,
  ) => {
    const object = live(fields, {}, manager);
    object.metadata.creationTimestamp = times.created;
    for (const entry of object.metadata.managedFields ?? []) entry.time = times.written;
    return isMadeByUs(object);
  };
  const at = (minute: number) => `2026-11-21T10:${String(minute).padStart(2, "0")}:00Z`;

  it.each<[string, boolean, boolean]>([
    ["our apply wrote the mark when it was created", made(mark, { created: at(5), written: at(5) }), true],
    ["our apply wrote the mark later", made(mark, { created: at(5), written: at(9) }), true],
    ["the mark is somebody else's field", made(mark, { created: at(5), written: at(5) }, "kubectl"), false],
    ["our apply wrote other fields", made({ "f:data": {} }, { created: at(5), written: at(5) }), false],
    [
      "our record is older than the object: it was copied along",
      made(mark, { created: at(5), written: at(3) }),
      false,
    ],
  ])("%s", (_, is, wanted) => expect(is).toBe(wanted));
});
