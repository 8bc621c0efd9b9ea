import { describe, expect, it } from "vitest";
import type { LiveObject } from "../kube/index.ts";
import { desiredHash, liveHash, ownFields } from "./fields.ts";
import { marked } from "./marks.ts";

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
