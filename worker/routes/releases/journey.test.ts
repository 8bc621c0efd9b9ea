import { describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../../test/workerd/catalogue.ts";

interface Release {
  environment: string;
  phase: string;
  revision: { id: string; number: number };
  desiredRevision: number;
}
interface AppChange {
  revision: { id: string; number: number };
  releases: Release[];
}

describe("an app on its way", () => {
  it("is declared, deployed by itself where that is wanted, promoted by hand and rolled back", async () => {
    await givenCluster("berlin");
    const project = await givenProject("acme", "shop");
    for (const name of ["staging", "production"]) {
      const body = { placement: { cluster: "berlin" } };
      expect((await api("PUT", `${project}/environments/${name}`, { body })).status).toBe(201);
    }
    const first = await api<AppChange>("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });
    expect(first.status).toBe(202);
    expect(first.body.releases).toMatchObject([{ environment: "staging", phase: "Pending" }]);
    expect((await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } })).status).toBe(
      200,
    );

    const second = await api<AppChange>("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:2") } });
    expect(second.body.revision.number).toBe(2);
    const again = await api<AppChange>("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });
    expect(again.body.revision).toEqual(first.body.revision);

    const production = `${project}/apps/web/releases/production`;
    expect((await api("POST", production, { body: { revision: 1 } })).status).toBe(202);
    expect((await api("POST", production, { body: { revision: "latest" } })).status).toBe(200);
    expect((await api("POST", production, { body: { revision: 2 } })).body).toMatchObject({
      revision: { number: 2 },
      desiredRevision: 2,
    });
    expect((await api("POST", `${production}:rollback`)).body).toMatchObject({ revision: { number: 1 } });
    expect((await api("POST", `${production}:rollback`)).code).toBe("KN-1311");
    const release = await api<{ history: { action: string }[]; phase: string }>("GET", production);
    expect(release.body.history.map(({ action }) => action)).toEqual(["rollback", "deploy", "deploy"]);
    expect(release.body.phase).toBe("Unknown");

    const app = await api<AppChange & { spec: unknown }>("GET", `${project}/apps/web`);
    expect(app.body.spec).toEqual(imageSpec("web:1"));
    expect(app.body.releases.map(({ environment }) => environment)).toEqual(["staging", "production"]);
    const revisions = await api<{ items: { number: number }[] }>("GET", `${project}/apps/web/revisions`);
    expect(revisions.body.items.map(({ number }) => number)).toEqual([2, 1]);
    expect((await api("GET", `${project}/apps/web/revisions/2`)).body.spec).toEqual(imageSpec("web:2"));
  });
});
