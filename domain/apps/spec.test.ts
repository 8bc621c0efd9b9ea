import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../canonical/index.ts";
import { MAX_RAW_BYTES } from "./raw-source.ts";
import { type AppSpec, appSpecSchema, sourceFor } from "./spec.ts";

const image = (fields: Record<string, unknown> = {}) => ({
  specVersion: 1,
  source: { image: { image: "web:1", ...fields } },
});
const raw = (...manifests: unknown[]) => ({ specVersion: 1, source: { raw: { manifests } } });
const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});
const pathsOf = (value: unknown): string[] =>
  appSpecSchema.safeParse(value).error?.issues.map((issue) => issue.path.join(".")) ?? [];

describe("an app's spec", () => {
  it("takes an image, or manifests", () => {
    expect(pathsOf(image({ host: "shop.example.com", replicas: 3 }))).toEqual([]);
    expect(pathsOf(raw(configMap("a"), configMap("b")))).toEqual([]);
  });

  it("takes the references that registries take", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    for (const reference of ["web", "web:1", "127.0.0.1:5000/shop/web:1.2", `ghcr.io/a/b@${digest}`]) {
      expect(pathsOf(image({ image: reference })), reference).toEqual([]);
    }
    for (const reference of ["", "Web", "web:", "web@sha256:1", "a b"]) {
      expect(pathsOf(image({ image: reference })), reference).not.toEqual([]);
    }
  });

  it("refuses an override of another kind than the source", () => {
    const spec = { ...image(), overrides: { production: { raw: { manifests: [configMap("a")] } } } };
    expect(pathsOf(spec)).toEqual(["overrides.production"]);
  });

  it("refuses a Secret with values, and takes one without", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
    expect(pathsOf(raw({ ...secret, stringData: { password: "x" } }))).not.toEqual([]);
    expect(pathsOf(raw({ ...secret, type: "kubernetes.io/service-account-token" }))).toEqual([]);
  });

  it("refuses more canonical JSON than a cluster's store takes", () => {
    const text = "x".repeat(MAX_RAW_BYTES - canonicalJson(raw(configMap("a", { text: "" }))).length);
    expect(pathsOf(raw(configMap("a", { text })))).toEqual([]);
    expect(pathsOf(raw(configMap("a", { text: `${text}x` })))).toEqual(["source"]);
  });

  it("lays an environment's override over the source: env by key, the rest whole", () => {
    const spec = appSpecSchema.parse({
      ...image({ env: { A: "1", B: "2" }, replicas: 1 }),
      overrides: { production: { image: { env: { B: "3" }, replicas: 4 } } },
    });
    expect(sourceFor(spec, "production")).toEqual({
      image: { image: "web:1", env: { A: "1", B: "3" }, replicas: 4 },
    });
    expect(sourceFor(spec, "staging")).toEqual(spec.source);
  });

  it("says the same after a way through canonical JSON", () => {
    const env = fc.dictionary(fc.stringMatching(/^[A-Z]{1,8}$/), fc.string());
    fc.assert(
      fc.property(env, fc.integer({ min: 0, max: 1000 }), (variables, replicas) => {
        const spec = appSpecSchema.parse(image({ env: variables, replicas }));
        expect(appSpecSchema.parse(JSON.parse(canonicalJson(spec)) as AppSpec)).toEqual(spec);
      }),
    );
  });
});
