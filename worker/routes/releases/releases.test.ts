import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../../test/workerd/catalogue.ts";

const project = await givenProject("acme", "shop");
await givenCluster("rel-1");
const placed = { placement: { cluster: "rel-1" } };
await api("PUT", `${project}/environments/staging`, { body: placed });
await api("PUT", `${project}/environments/nowhere`, { body: {} });
const releases = (app: string) => `${project}/apps/${app}/releases`;
const declare = (app: string, image: string) =>
  api("PUT", `${project}/apps/${app}`, { body: { spec: imageSpec(image) } });

describe("200", () => {
  it("never says Ready of a silent cluster, whatever it said last", async () => {
    await declare("silent", "web:1");
    await env.DB.prepare("UPDATE releases SET phase = 'Ready', observed_revision = desired_revision").run();
    const release = await api("GET", `${releases("silent")}/staging`);
    expect(release.body).toMatchObject({
      phase: "Unknown",
      observed: { phase: "Ready" },
      connected: false,
      lastSeenAt: null,
    });
  });

  it("lists one for each environment that the app was deployed to", async () => {
    await declare("listed", "web:1");
    const { body } = await api<{ items: { environment: string }[] }>("GET", releases("listed"));
    expect(body.items.map(({ environment }) => environment)).toEqual(["staging"]);
  });

  it("deploys nothing where that revision is the desired one", async () => {
    await declare("settled", "web:1");
    const answer = await api("POST", `${releases("settled")}/staging`, { body: { revision: "latest" } });
    expect([answer.status, answer.body.desiredRevision]).toEqual([200, 1]);
  });
});

describe("202", () => {
  it("rolls back to a revision that ran there, by number or id", async () => {
    await declare("chosen", "web:1");
    const second = await declare("chosen", "web:2");
    await declare("chosen", "web:3");
    const rollback = (to: unknown) => api("POST", `${releases("chosen")}/staging:rollback`, { body: { to } });
    expect((await rollback(1)).body).toMatchObject({ revision: { number: 1 } });
    const { id } = second.body.revision as { id: string };
    expect((await rollback(id)).body).toMatchObject({ revision: { number: 2 } });
    const { results } = await env.DB.prepare(
      "SELECT data FROM events WHERE type = 'evt.deploy.rolled-back' ORDER BY seq",
    ).all<{ data: string }>();
    expect(results.map(({ data }) => JSON.parse(data).revisionNumber)).toEqual([1, 2]);
  });
});

describe("404", () => {
  it("for an environment, an app or a revision that is not there", async () => {
    await declare("found", "web:1");
    const deploy = (path: string, revision: unknown) => api("POST", path, { body: { revision } });
    expect((await deploy(`${releases("found")}/absent`, 1)).code).toBe("KN-1200");
    expect((await deploy(`${releases("absent")}/staging`, 1)).code).toBe("KN-1200");
    expect((await deploy(`${releases("found")}/staging`, 9)).code).toBe("KN-1200");
    expect((await api("GET", `${releases("found")}/nowhere`)).code).toBe("KN-1200");
  });
});

describe("409", () => {
  it("where the environment is placed nowhere, or has nothing to go back to", async () => {
    await declare("stuck", "web:1");
    const nowhere = await api("POST", `${releases("stuck")}/nowhere`, { body: { revision: 1 } });
    expect(nowhere.code).toBe("KN-1309");
    expect((await api("POST", `${releases("stuck")}/staging:rollback`)).code).toBe("KN-1311");
    const never = await api("POST", `${releases("stuck")}/staging:rollback`, { body: { to: 7 } });
    expect(never.code).toBe("KN-1311");
  });
});

describe("412", () => {
  it("where another deployment was faster", async () => {
    const first = await declare("fast", "web:1");
    expect(first.status).toBe(202);
    await declare("fast", "web:2");
    const headers = { "if-match": '"1"' };
    const late = await api("POST", `${releases("fast")}/staging`, { headers, body: { revision: 1 } });
    expect(late.code).toBe("KN-1301");
  });
});

describe("422", () => {
  it("for a revision that is neither a number, an id nor latest", async () => {
    await declare("typed", "web:1");
    for (const revision of [0, -1, 1.5, "newest", null, {}]) {
      const answer = await api("POST", `${releases("typed")}/staging`, { body: { revision } });
      expect(answer.code, JSON.stringify(revision)).toBe("KN-1002");
    }
  });
});

describe("a deployment to a cluster that was purged", () => {
  it("is refused: nobody is there to take it", async () => {
    await givenCluster("rel-purged");
    await api("PUT", `${project}/environments/purged`, { body: { placement: { cluster: "rel-purged" } } });
    await declare("orphaned", "web:1");
    await env.DB.prepare("DELETE FROM clusters WHERE name = 'rel-purged'").run();
    const answer = await api("POST", `${releases("orphaned")}/purged`, { body: { revision: "latest" } });
    expect(answer.code).toBe("KN-1309");
  });
});
