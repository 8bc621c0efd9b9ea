import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { RESTORE_WINDOW_MS } from "../../../domain/tenancy/retention.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../../test/workerd/catalogue.ts";

interface Desired {
  project: number;
  release: number;
}

const desiredOf = async (tenant: string): Promise<Desired | null> =>
  env.DB.prepare(
    `SELECT p.desired_revision AS project, l.desired_revision AS release FROM releases l
     JOIN projects p ON p.id = l.project_id JOIN tenants t ON t.id = l.tenant_id WHERE t.name = ?`,
  )
    .bind(tenant)
    .first<Desired>();

describe("200", () => {
  it("hides all that is in it, makes every document newer, and a restore brings all back", async () => {
    await givenCluster("doomed-1");
    const project = await givenProject("doomed", "shop");
    await api("PUT", `${project}/environments/staging`, { body: { placement: { cluster: "doomed-1" } } });
    await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });
    const before = await desiredOf("doomed");

    const deleted = await api("DELETE", "/tenants/doomed?confirm=doomed");
    expect(deleted.status).toBe(200);
    expect(deleted.body).toHaveProperty("restorableUntil");
    const away = await desiredOf("doomed");
    expect(away).toEqual({ project: (before?.project ?? 0) + 1, release: (before?.release ?? 0) + 1 });
    for (const path of [
      "/tenants/doomed",
      project,
      `${project}/environments/staging`,
      `${project}/apps/web`,
    ]) {
      expect((await api("GET", path)).code, path).toBe("KN-1200");
    }
    expect((await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:2") } })).status).toBe(
      404,
    );

    expect((await api("POST", "/tenants/doomed:restore")).status).toBe(200);
    expect((await api("GET", `${project}/apps/web`)).status).toBe(200);
    expect(await desiredOf("doomed")).toEqual({
      project: (away?.project ?? 0) + 1,
      release: (away?.release ?? 0) + 1,
    });
  });
});

describe("400", () => {
  it("wants the name once more", async () => {
    await api("PUT", "/tenants/careful", { body: {} });
    for (const query of ["", "?confirm=", "?confirm=other"]) {
      expect((await api("DELETE", `/tenants/careful${query}`)).code).toBe("KN-1008");
    }
    expect((await api("GET", "/tenants/careful")).status).toBe(200);
  });
});

describe("404", () => {
  it("deletes nothing twice", async () => {
    await api("PUT", "/tenants/twice", { body: {} });
    expect((await api("DELETE", "/tenants/twice?confirm=twice")).status).toBe(200);
    expect((await api("DELETE", "/tenants/twice?confirm=twice")).status).toBe(404);
  });
});

describe("a restore", () => {
  it("is refused where nothing is deleted (409), nothing ever was (404), or its time is over (410)", async () => {
    await api("PUT", "/tenants/alive", { body: {} });
    expect((await api("POST", "/tenants/alive:restore")).code).toBe("KN-1306");
    expect((await api("POST", "/tenants/never:restore")).code).toBe("KN-1200");
    await api("DELETE", "/tenants/alive?confirm=alive");
    await env.DB.prepare("UPDATE tenants SET deleted_at = deleted_at - ? WHERE name = 'alive'")
      .bind(RESTORE_WINDOW_MS)
      .run();
    const late = await api("POST", "/tenants/alive:restore");
    expect([late.status, late.code]).toEqual([410, "KN-1203"]);
  });
});
