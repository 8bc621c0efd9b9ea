import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResourceType } from "./objects.ts";
import { collectionPath, decodedSegments, objectPath, rawPath } from "./paths.ts";

const type = (group: string, resource: string, namespaced: boolean): ResourceType => ({
  group,
  version: "v1",
  apiVersion: group ? `${group}/v1` : "v1",
  kind: "Kind",
  resource,
  namespaced,
  verbs: [],
  subresources: [],
});
const pods = type("", "pods", true);
const roles = type("rbac.authorization.k8s.io", "clusterroles", false);

describe("paths of objects", () => {
  it("are built from discovery", () => {
    expect(collectionPath(pods)).toBe("/api/v1/pods");
    expect(collectionPath(pods, "shop")).toBe("/api/v1/namespaces/shop/pods");
    expect(objectPath(pods, { namespace: "shop", name: "web" }, "log")).toBe(
      "/api/v1/namespaces/shop/pods/web/log",
    );
    expect(objectPath(roles, { namespace: "ignored", name: "system:node" })).toBe(
      "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
    );
  });

  it("refuse a namespaced object without a namespace", () => {
    expect(() => objectPath(pods, { name: "web" })).toThrow("metadata.namespace is missing");
  });

  it("never lead out of the object that was named", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (name) => {
        let path: string;
        try {
          path = objectPath(pods, { namespace: "shop", name });
        } catch {
          return;
        }
        expect(decodedSegments(path)).toEqual(["api", "v1", "namespaces", "shop", "pods", name]);
      }),
    );
  });
});

describe("raw paths", () => {
  it.each([
    "/api/../x",
    "/api/%2e%2e/x",
    "/api/%2E/x",
    "api/v1",
    "/api?x=1",
    "/api#x",
    "/a b",
    "/a\\b",
    "/a\n",
    "/%zz",
    "/é",
  ])("%j is refused", (path) => {
    expect(() => rawPath(path)).toThrow("malformed path");
  });

  it("keep what a service behind a proxy may have", () => {
    const path = "/api/v1/namespaces/shop/services/web:80/proxy/a//b/%2Fc%20d";
    expect(rawPath(path)).toBe(path);
  });
});
