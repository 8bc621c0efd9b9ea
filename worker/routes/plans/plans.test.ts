import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { RESTORE_WINDOW_MS } from "../../../domain/tenancy/retention.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenUser } from "../../../test/workerd/principals.ts";
import { retentionDaysOf } from "../../store/audit-settings.ts";
import { purgeDeleted } from "../../store/purge.ts";
import { limitsOfTenant } from "../../store/tenant-limits.ts";

const putPlan = (name: string, body: object, headers = {}) => api("PUT", `/plans/${name}`, { body, headers });
const tenant = async (name: string) => String((await api("PUT", `/tenants/${name}`, { body: {} })).body.id);
const limits = async (name: string) => (await api("GET", `/tenants/${name}/limits`)).body;
const onPlan = (name: string, body: object) => api("PUT", `/tenants/${name}/limits`, { body });

beforeAll(async () => {
  await putPlan("team", { limits: { requestsPerMinute: 5000, streams: 500 }, auditRetentionDays: 3650 });
});

describe("works", () => {
  it("a plan's figures hold where the tenant has none of its own, and follow the plan", async () => {
    const id = await tenant("planned");
    const set = await onPlan("planned", { plan: "team", streams: 7 });
    expect(set.body).toEqual({
      requestsPerMinute: 5000,
      principalRequestsPerMinute: 1000,
      streams: 7,
      principalStreams: 50,
      plan: "team",
      fromPlan: ["requestsPerMinute"],
      defaults: ["principalRequestsPerMinute", "principalStreams"],
    });
    await putPlan("team", { limits: { requestsPerMinute: 6000 }, auditRetentionDays: 3650 });
    expect(await limitsOfTenant(env.DB, id)).toMatchObject({ requestsPerMinute: 6000, streams: 7 });
    const shown = await api("GET", "/tenants/planned/limits");
    expect(shown.body.requestsPerMinute).toBe(6000);
    expect(shown.etag).not.toBe(set.etag);
    await onPlan("planned", {});
    expect(await limits("planned")).toMatchObject({ requestsPerMinute: 1000 });
    expect(await limits("planned")).not.toHaveProperty("plan");
  });

  it("an audit log is kept as the tenant says, else as its plan, else by default; and so after the purge", async () => {
    const id = await tenant("kept");
    const path = "/tenants/kept/audit/retention";
    const held = async () => (await api("GET", path)).body;
    expect(await held()).toMatchObject({ retentionDays: 2557, source: "default" });
    await onPlan("kept", { plan: "team" });
    expect(await held()).toMatchObject({ retentionDays: 3650, source: "plan" });
    await api("PUT", path, { body: { retentionDays: 400 } });
    expect(await held()).toMatchObject({ retentionDays: 400, source: "own" });
    const back = await api("PUT", path, { body: { retentionDays: null } });
    expect(back.body).toEqual({ retentionDays: 3650, source: "plan" });
    await api("DELETE", "/tenants/kept?confirm=kept");
    await purgeDeleted(env, Date.now() + RESTORE_WINDOW_MS + 1000);
    expect(await env.DB.prepare("SELECT 1 FROM tenants WHERE id = ?").bind(id).first()).toBeNull();
    expect(await retentionDaysOf(env.DB, id)).toBe(3650);
  });

  it("a new tenant is on the default plan, of which there is one", async () => {
    await putPlan("first", { limits: { streams: 11 }, isDefault: true });
    await tenant("newcomer");
    expect(await limits("newcomer")).toMatchObject({ plan: "first", streams: 11 });
    const second = await putPlan("second", { isDefault: true });
    expect([second.status, second.body.isDefault]).toEqual([201, true]);
    expect((await api("GET", "/plans/first")).body).toMatchObject({ isDefault: false, version: 2 });
    await api("POST", "/tenants", { body: { name: "next" } });
    expect(await limits("next")).toMatchObject({ plan: "second" });
    expect(await limits("newcomer")).toMatchObject({ plan: "first" });
    await putPlan("second", {});
    await tenant("after");
    expect(await limits("after")).not.toHaveProperty("plan");
  });

  it("is listed, and deleted once no tenant is on it", async () => {
    await putPlan("passing", {});
    await tenant("user-of-it");
    await onPlan("user-of-it", { plan: "passing" });
    const names = (await api<{ items: { name: string }[] }>("GET", "/plans")).body.items.map(
      ({ name }) => name,
    );
    expect(names).toEqual(expect.arrayContaining(["team", "passing"]));
    const refused = await api("DELETE", "/plans/passing");
    expect([refused.status, refused.code]).toEqual([409, "KN-1132"]);
    await onPlan("user-of-it", {});
    expect((await api("DELETE", "/plans/passing")).status).toBe(204);
    expect((await api("GET", "/plans/passing")).code).toBe("KN-1200");
  });
});

describe("refuses", () => {
  it("a write over what has changed, figures out of bounds, a plan that is not there", async () => {
    const { etag } = await putPlan("strict", {});
    await putPlan("strict", { displayName: "Strict" });
    expect((await putPlan("strict", {}, { "if-match": etag })).code).toBe("KN-1301");
    expect((await putPlan("strict", { limits: { streams: 0 } })).code).toBe("KN-1002");
    expect((await putPlan("strict", { auditRetentionDays: 30 })).code).toBe("KN-1002");
    await tenant("lost");
    expect((await onPlan("lost", { plan: "nowhere" })).code).toBe("KN-1002");
    expect((await api("DELETE", "/plans/nowhere")).code).toBe("KN-1200");
  });
});

describe("protects", () => {
  it("who runs the platform sets limits of plans, and keeps no audit log for less long", async () => {
    const { token } = await givenUser([{ role: "platform-ops", scope: { level: "platform" } }]);
    const put = (path: string, body: object) => api("PUT", path, { token, body });
    expect((await put("/plans/ops", { limits: { streams: 5 } })).status).toBe(201);
    expect((await put("/plans/ops", { auditRetentionDays: 90 })).code).toBe("KN-1102");
    await putPlan("brief", { auditRetentionDays: 90 });
    await tenant("watched");
    expect((await put("/tenants/watched/limits", { plan: "team" })).status).toBe(200);
    expect((await put("/tenants/watched/limits", { plan: "brief" })).code).toBe("KN-1102");
    expect((await put("/tenants/watched/limits", {})).code).toBe("KN-1102");
  });

  it("tenants see no plan but their own's name", async () => {
    const tenantId = await tenant("seer");
    await onPlan("seer", { plan: "team" });
    const { token } = await givenUser([{ role: "tenant-owner", scope: { level: "tenant", tenantId } }]);
    expect((await api("GET", "/tenants/seer/limits", { token })).body).toMatchObject({ plan: "team" });
    expect((await api("GET", "/plans", { token })).code).toBe("KN-1102");
    expect((await api("GET", "/plans/team", { token })).code).toBe("KN-1102");
  });
});
