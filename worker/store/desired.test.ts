import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { DesiredDocument } from "../../domain/desired/index.ts";
import { givenCluster } from "../../test/workerd/catalogue.ts";
import { anId, seedWorld } from "../../test/workerd/seed.ts";
import { clusterIdentity, desiredForCluster } from "./desired.ts";

async function everything(clusterId: string, limit: number): Promise<DesiredDocument[]> {
  const documents: DesiredDocument[] = [];
  for (let afterKey: string | null = null; ; ) {
    const page = await desiredForCluster(env.DB, clusterId, { afterKey, limit, correlationId: "rebuild" });
    expect(page.documents.length).toBeLessThanOrEqual(limit);
    documents.push(...page.documents);
    if (page.next === null) return documents;
    afterKey = page.next;
  }
}

const bigSpec = {
  specVersion: 1 as const,
  source: {
    raw: {
      manifests: [
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "big" },
          data: { text: "x".repeat(900_000) },
        },
      ],
    },
  },
};

describe("everything that a cluster should hold", () => {
  it("comes once each, by key, whatever the size of a page", async () => {
    const clusterId = anId("cluster");
    const worlds = [];
    for (let n = 0; n < 7; n++) worlds.push(await seedWorld(env.DB, { clusterId }));
    await seedWorld(env.DB);
    const wanted = worlds
      .flatMap((world) => [
        `tenant/${world.tenantId}`,
        `project/${world.projectId}`,
        `release/${world.releaseId}`,
      ])
      .sort();
    for (const limit of [1, 3, 7, 100]) {
      const documents = await everything(clusterId, limit);
      expect(documents.map(({ key }) => key)).toEqual(wanted);
      expect(new Set(documents.map(({ op }) => op))).toEqual(new Set(["upsert"]));
    }
  });

  it("leaves out what is deleted, by itself or with its parents", async () => {
    const clusterId = anId("cluster");
    const worlds = [];
    for (let n = 0; n < 4; n++) worlds.push(await seedWorld(env.DB, { clusterId }));
    const remove = (table: string, id: string | undefined) =>
      env.DB.prepare(`UPDATE ${table} SET deleted_at = 1 WHERE id = ?`).bind(id).run();
    await remove("tenants", worlds[0]?.tenantId);
    await remove("projects", worlds[1]?.projectId);
    await remove("environments", worlds[2]?.environmentId);
    await remove("apps", worlds[3]?.appId);
    expect((await everything(clusterId, 100)).map(({ key }) => key)).toEqual([
      `project/${worlds[3]?.projectId}`,
      `tenant/${worlds[3]?.tenantId}`,
    ]);
  });

  it("ends a page before it holds more than a few megabytes", async () => {
    const clusterId = anId("cluster");
    for (let n = 0; n < 6; n++) await seedWorld(env.DB, { clusterId, spec: bigSpec });
    const sizes: number[] = [];
    for (let afterKey: string | null = "release/"; afterKey?.startsWith("release/"); ) {
      const page = await desiredForCluster(env.DB, clusterId, { afterKey, limit: 100, correlationId: "c" });
      sizes.push(page.documents.length);
      afterKey = page.next;
    }
    expect(sizes).toEqual([4, 2]);
  });

  it("begins anywhere, and refuses what is no key", async () => {
    const page = { afterKey: "nonsense/x", limit: 10, correlationId: "c" };
    await expect(desiredForCluster(env.DB, anId("cluster"), page)).rejects.toThrow(TypeError);
  });
});

describe("who a cluster is", () => {
  it("is its row and the keys that hold", async () => {
    const id = await givenCluster("known", { epoch: 3, epochId: "epo_x", mode: "read-only" });
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO cluster_keys (public_key, cluster_id, kube_uid, created_at) VALUES ('k1', ?, 'u', 1)",
      ).bind(id),
      env.DB.prepare(
        "INSERT INTO cluster_keys (public_key, cluster_id, kube_uid, created_at, retired_at) VALUES ('k2', ?, 'u', 1, 2)",
      ).bind(id),
    ]);
    expect(await clusterIdentity(env.DB, id)).toEqual({
      clusterId: id,
      name: "known",
      mode: "read-only",
      deleted: false,
      epoch: 3,
      epochId: "epo_x",
      version: 1,
      keys: [{ publicKey: "k1", kubeUid: "u" }],
    });
    expect(await clusterIdentity(env.DB, anId("cluster"))).toBeUndefined();
  });
});
