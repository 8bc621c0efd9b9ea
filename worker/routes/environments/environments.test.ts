import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../../test/workerd/catalogue.ts";

interface EnvironmentBody {
  id: string;
  namespace: string;
  adopted: boolean;
  position: number;
  autoDeploy: boolean;
  placement: { cluster: string | null };
  placements: { clusterId: string | null }[];
  error?: { details?: { reason?: string } };
}
const put = (path: string, body: unknown) => api<EnvironmentBody>("PUT", path, { body });

describe("a new environment", async () => {
  const project = await givenProject("acme", "shop");
  await givenCluster("new-1");

  it("gets a namespace from its names, a place after the others, and deploys by itself if it is the first", async () => {
    const staging = await put(`${project}/environments/staging`, { placement: { cluster: "new-1" } });
    const production = await put(`${project}/environments/production`, {});
    expect(staging.body).toMatchObject({
      namespace: "acme-shop-staging",
      adopted: false,
      position: 0,
      autoDeploy: true,
      placement: { cluster: "new-1" },
    });
    expect(production.body).toMatchObject({ position: 1, autoDeploy: false, placement: { cluster: null } });
  });

  it("gets a suffix where its names could be read in two ways", async () => {
    const other = await givenProject("ac-me", "shop");
    const { body } = await put(`${other}/environments/staging`, {});
    expect(body.namespace).toMatch(/^ac-me-shop-staging-[0-9a-f]{8}$/);
  });

  it("may adopt a namespace, which never changes then", async () => {
    const path = `${project}/environments/legacy`;
    const adopted = await put(path, { namespace: "legacy-shop" });
    expect(adopted.body).toMatchObject({ namespace: "legacy-shop", adopted: true });
    expect((await put(path, { namespace: "another" })).code).toBe("KN-1305");
    for (const namespace of ["kube-system", "kubenova-system", "-x", "UPPER"]) {
      expect((await put(`${project}/environments/bad`, { namespace })).code, namespace).toBe("KN-1002");
    }
  });
});

describe("a placement", async () => {
  const project = await givenProject("placing", "shop");
  const path = `${project}/environments/staging`;
  const first = await givenCluster("place-1");
  const second = await givenCluster("place-2");
  await put(path, { placement: { cluster: "place-1" } });

  it("is kept by a PUT that does not speak of it", async () => {
    expect((await put(path, { displayName: "Staging" })).body.placement.cluster).toBe("place-1");
  });

  it("moves with its history, and its releases start anew", async () => {
    await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });
    await env.DB.prepare("UPDATE releases SET phase = 'Ready', observed_revision = 1, status_seq = 9").run();
    const moved = await api<EnvironmentBody>("PATCH", path, { body: { placement: { cluster: "place-2" } } });
    expect(moved.body.placements.map(({ clusterId }) => clusterId)).toEqual([first, second]);
    const release = await env.DB.prepare(
      "SELECT phase, observed_revision, status_seq, desired_revision FROM releases",
    ).first();
    expect(release).toEqual({ phase: "Pending", observed_revision: 0, status_seq: 0, desired_revision: 2 });
  });

  it("ends where a patch takes the cluster away", async () => {
    const answer = await api<EnvironmentBody>("PATCH", path, { body: { placement: { cluster: null } } });
    expect(answer.body.placement.cluster).toBeNull();
    expect((await api("POST", `${project}/apps/web/releases/staging`, { body: { revision: 1 } })).code).toBe(
      "KN-1309",
    );
  });
});

describe("a placement is refused", async () => {
  const project = await givenProject("refused", "shop");
  const tenant = (await api("GET", "/tenants/refused")).body.id as string;
  const path = `${project}/environments/staging`;
  await givenCluster("ref-others", { allowedTenants: ["ten_other"] });
  await givenCluster("ref-own", { allowedTenants: [], ownerTenantId: tenant });
  await givenCluster("ref-deleted", { deletedAt: 1, state: "deleted" });
  await givenCluster("ref-read-only", { mode: "read-only" });

  it.each([
    ["ref-absent", "KN-1308", "unknown"],
    ["ref-deleted", "KN-1308", "deleted"],
    ["ref-others", "KN-1308", "not-allowed"],
    ["ref-read-only", "KN-1310", undefined],
  ])("on %s", async (cluster, code, reason) => {
    const answer = await put(path, { placement: { cluster } });
    expect([answer.status, answer.code]).toEqual([409, code]);
    expect(answer.body.error?.details?.reason).toBe(reason);
  });

  it("but not on the tenant's own cluster, nor read-only where changes come by git", async () => {
    expect((await put(path, { placement: { cluster: "ref-own" } })).status).toBe(201);
    const observed = await put(`${project}/environments/observed`, {
      delivery: "git",
      placement: { cluster: "ref-read-only" },
    });
    expect(observed.status).toBe(201);
    expect((await put(`${project}/environments/observed`, { delivery: "direct" })).code).toBe("KN-1310");
    await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });
    const deploy = await api("POST", `${project}/apps/web/releases/observed`, { body: { revision: 1 } });
    expect(deploy.code).toBe("KN-1312");
  });

  it("in a namespace that another environment holds, or that another tenant's once was", async () => {
    await givenCluster("ref-shared");
    const first = `${project}/environments/first`;
    await put(first, { namespace: "shared", placement: { cluster: "ref-shared" } });
    const second = await put(`${project}/environments/second`, {
      namespace: "shared",
      placement: { cluster: "ref-shared" },
    });
    expect([second.code, second.body.error?.details?.reason]).toEqual(["KN-1308", "namespace-taken"]);

    await api("PATCH", first, { body: { placement: { cluster: null } } });
    const other = await givenProject("stranger", "shop");
    const thief = await put(`${other}/environments/x`, {
      namespace: "shared",
      placement: { cluster: "ref-shared" },
    });
    expect(thief.code).toBe("KN-1308");
  });
});

describe("a deleted environment", async () => {
  const project = await givenProject("leaving", "shop");
  const path = `${project}/environments/staging`;

  it("is confirmed, hidden, and back after a restore with a newer document", async () => {
    await givenCluster("leave-1");
    await put(path, { placement: { cluster: "leave-1" } });
    await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });
    expect((await api("DELETE", path)).code).toBe("KN-1008");
    expect((await api("DELETE", `${path}?confirm=staging`)).status).toBe(200);
    expect((await api<{ releases: unknown[] }>("GET", `${project}/apps/web`)).body.releases).toEqual([]);
    expect((await api("POST", `${path}:restore`)).status).toBe(200);
    const release = await api<{ desiredRevision: number }>("GET", `${project}/apps/web/releases/staging`);
    expect(release.body.desiredRevision).toBe(3);
  });
});

describe("as many environments as a project may have", () => {
  it("leave no room for one more, new or restored", async () => {
    const project = await givenProject("full", "shop");
    const path = (n: number) => `${project}/environments/e${n}`;
    for (let n = 0; n < 32; n++) expect((await put(path(n), {})).status).toBe(201);
    expect((await put(path(32), {})).code).toBe("KN-1305");
    await api("DELETE", `${path(0)}?confirm=e0`);
    expect((await put(path(32), {})).status).toBe(201);
    expect((await api("POST", `${path(0)}:restore`)).code).toBe("KN-1305");
    await api("DELETE", `${path(1)}?confirm=e1`);
    expect((await api("POST", `${path(0)}:restore`)).status).toBe(200);
  });
});
