import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plan } from "../../test/attack/plan.ts";
import { configMap as configMapIn, crd, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import type { Kube, KubeObject } from "./index.ts";

const namespace = "kube-apply";
let fixture: Fixture;
let kube: Kube;
beforeAll(async () => {
  fixture = await kubeFixture(namespace);
  kube = fixture.kube;
});
afterAll(() => fixture?.close());

const configMap = (name: string, data?: Record<string, string>) => configMapIn(namespace, name, data);
const refTo = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });

describe("server-side apply", () => {
  const whole: KubeObject[] = [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "np", namespace },
      spec: {
        podSelector: { matchLabels: { app: "web" } },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [
              { namespaceSelector: { matchLabels: { team: "a" } } },
              { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
            ],
            ports: [{ protocol: "TCP", port: 80, endPort: 90 }],
          },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "lr", namespace },
      spec: {
        limits: [
          { type: "Container", default: { cpu: "1" }, defaultRequest: { cpu: "500m" }, max: { cpu: "2" } },
        ],
      },
    },
    crd("wholes", "Whole"),
  ];
  it.each(whole)("keeps every field of a $kind", async (object) => {
    await kube.apply(object);
    const { apiVersion, kind, metadata } = object;
    const live = await kube.get({ apiVersion, kind, namespace, name: metadata.name ?? "" });
    expect(live).toMatchObject(object);
  });

  it("stores any text as it is, although the server reads YAML", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    const data = fc.dictionary(fc.constantFrom("y", "no", "1e3", "0x1F", "null", "a.b"), text);
    await fc.assert(
      fc.asyncProperty(data, async (values) => {
        const live = await kube.apply(configMap("texts", values));
        expect(live.data ?? {}).toEqual(values);
      }),
      { numRuns: plan.times(50) },
    );
    const odd = { y: "\u0085\u2028\u2029\ufeff\u007f\t: {}[],&*#?|-<>=!%@`\"'\\" };
    expect((await kube.apply(configMap("texts", odd))).data).toEqual(odd);
  });

  it("writes nothing where nothing changes, and nothing at all as a dry-run", async () => {
    const first = await kube.apply(configMap("noop"));
    const again = await kube.apply(configMap("noop"));
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    await kube.apply(configMap("noop", { a: "2" }), { dryRun: true });
    expect((await kube.get(refTo("noop"))).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it("does not take another manager's field unless forced", async () => {
    await kube.apply(configMap("shared", { a: "theirs" }), { fieldManager: "other" });
    const refused = await kube.apply(configMap("shared", { a: "ours" })).catch((error: unknown) => error);
    expect(refused).toMatchObject({ kind: "conflict", fieldConflicts: [{ field: ".data.a" }] });
    expect((await kube.apply(configMap("shared", { a: "ours" }), { force: true })).data).toEqual({
      a: "ours",
    });
  });
});
