import { describe, expect, it } from "vitest";
import { modulesConfig } from "./config-modules.ts";
import { ConfigError } from "./config-values.ts";

const of = (values: Record<string, string>) => modulesConfig(values, () => "");
const MIB = 2 ** 20;

describe("what the environment says of sources", () => {
  it("leaves room on the cache's disk for what is on its way", () => {
    const { maxFetches = 0, maxCacheBytes = 0 } = of({}).limits;
    expect(maxCacheBytes + 1.5 * maxFetches * 16 * MIB + 16 * MIB).toBe(320 * MIB);
    expect(of({ KUBENOVA_CACHE_SIZE: "1Gi" }).limits.maxCacheBytes).toBe(maxCacheBytes + 704 * MIB);
  });

  it("refuses the API server's address as a source", () => {
    expect(of({ KUBERNETES_SERVICE_HOST: "10.96.0.1" }).network.refused).toEqual(["10.96.0.1"]);
    const listed = of({
      KUBENOVA_SOURCES_REFUSED_CIDRS: "10.0.0.0/8",
      KUBERNETES_SERVICE_HOST: "api.internal",
    });
    expect(listed.network.refused).toEqual(["10.0.0.0/8"]);
  });

  it("takes limits as JSON", () => {
    expect(of({ KUBENOVA_SOURCES_LIMITS: '{"maxFiles":9,"tagTtlMs":1000}' }).limits).toMatchObject({
      maxFiles: 9,
      tagTtlMs: 1_000,
    });
  });

  it.each([
    ["KUBENOVA_SOURCES_LIMITS", "nine"],
    ["KUBENOVA_SOURCES_LIMITS", '{"maxFiles":0}'],
    ["KUBENOVA_SOURCES_LIMITS", '{"maxFile":9}'],
    ["KUBENOVA_CACHE_SIZE", "320"],
    ["KUBENOVA_CACHE_SIZE", "32Mi"],
    ["KUBENOVA_CUE_REGISTRY", "a b"],
    ["KUBENOVA_SOURCES_ALLOWED_CIDRS", "10.0.0.0/99"],
  ])("%s=%s is refused by name", (name, value) => {
    expect(() => of({ [name]: value })).toThrow(ConfigError);
    expect(() => of({ [name]: value })).toThrow(name);
  });
});
