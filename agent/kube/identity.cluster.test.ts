import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configMap as configMapIn, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { auditId, type Kube } from "./index.ts";

const namespace = "kube-identity";
let fixture: Fixture;
let kube: Kube;
beforeAll(async () => {
  fixture = await kubeFixture(namespace);
  kube = fixture.kube;
});
afterAll(() => fixture?.close());

const configMap = (name: string, data?: Record<string, string>) => configMapIn(namespace, name, data);
const refTo = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });

describe("identity and correlation", () => {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const whoIs = async (client: Kube) => {
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const headers = { "Content-Type": "application/json" };
    const answer = await client.request({ method: "POST", path, headers, body: JSON.stringify(review) });
    return { headers: answer.headers, ...JSON.parse(answer.body.toString()).status.userInfo };
  };

  it("reach the API server: it sees the ServiceAccount with its groups, and echoes the Audit-ID", async () => {
    let n = 0;
    const nextId = () => {
      n += 1;
      return auditId("req_01JD3Q4X7Z", n);
    };
    const applier = kube.with({ as: { namespace, serviceAccount: "kubenova-applier" }, auditId: nextId });
    const seen = await whoIs(applier);
    expect(seen.username).toBe(`system:serviceaccount:${namespace}:kubenova-applier`);
    expect(seen.groups).toEqual([
      "system:serviceaccounts",
      `system:serviceaccounts:${namespace}`,
      "system:authenticated",
    ]);
    expect(seen.headers["audit-id"]).toBe("req_01JD3Q4X7Z-1");
    expect((await whoIs(applier)).headers["audit-id"]).toBe("req_01JD3Q4X7Z-2");
  });

  it("carry users with groups beyond ASCII", async () => {
    const seen = await whoIs(
      kube.with({ as: { user: "zoë", groups: ["équipe", "b"], extra: { "a/B": ["c"] } } }),
    );
    expect(seen).toMatchObject({ username: "zoë", groups: ["équipe", "b", "system:authenticated"] });
  });

  it("give the rights of the one who is named, and no others", async () => {
    const applier = kube.with({ as: { namespace, serviceAccount: "nobody" } });
    await expect(applier.apply(configMap("x"))).rejects.toMatchObject({ kind: "forbidden" });
    const unset = { as: undefined } as object;
    await expect(applier.apply(configMap("x"), unset)).rejects.toMatchObject({ kind: "forbidden" });
  });
});

it("a read-only client reads, and leaves the cluster as it is", async () => {
  const reader = await fixture.another({ readOnly: true });
  const { metadata } = await kube.apply(configMap("kept"));
  await expect(reader.apply(configMap("kept", {}), { force: true })).rejects.toMatchObject({
    name: "ReadOnlyError",
  });
  await expect(reader.delete(refTo("kept"))).rejects.toMatchObject({ kind: "readOnly" });
  expect((await reader.get(refTo("kept"))).metadata.resourceVersion).toBe(metadata.resourceVersion);
  reader.close();
});
