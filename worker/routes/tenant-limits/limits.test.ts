import { describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";
import { givenUser } from "../../../test/workerd/principals.ts";

const DEFAULTS = {
  requestsPerMinute: 1000,
  principalRequestsPerMinute: 1000,
  streams: 200,
  principalStreams: 50,
};
const names = Object.keys(DEFAULTS);

async function givenTenant(name: string): Promise<string> {
  const { body } = await api<{ id: string }>("PUT", `/tenants/${name}`, { body: {} });
  return body.id;
}

describe("works", () => {
  it("gives defaults, takes figures, and gives defaults again where they are left out", async () => {
    const id = await givenTenant("figures");
    const path = "/tenants/figures/limits";
    const before = await api("GET", path);
    expect(before).toMatchObject({ status: 200, body: { ...DEFAULTS, defaults: names } });
    const set = await api("PUT", path, {
      body: { requestsPerMinute: 5000, streams: 7 },
      headers: { "if-match": before.etag as string },
    });
    const rest = ["principalRequestsPerMinute", "principalStreams"];
    expect(set.body).toEqual({ ...DEFAULTS, requestsPerMinute: 5000, streams: 7, defaults: rest });
    expect((await api("GET", path)).body).toEqual(set.body);
    expect((await api("GET", path, { headers: { "if-none-match": set.etag as string } })).status).toBe(304);
    expect((await api("PUT", path, { body: {} })).body).toEqual({ ...DEFAULTS, defaults: names });
    const { body } = await api<{ items: { type: string; data: unknown }[] }>(
      "GET",
      "/events?tenant=figures&type=evt.tenant.limits-changed",
    );
    const nulls = Object.fromEntries(names.map((name) => [name, null]));
    const figures = { ...nulls, requestsPerMinute: 5000, streams: 7 };
    expect(body.items.filter(({ type }) => type === "evt.tenant.limits-changed")).toMatchObject([
      { subject: `tenant/${id}`, data: { before: nulls, after: figures } },
      { subject: `tenant/${id}`, data: { before: figures, after: nulls } },
    ]);
  });

  it("writes nothing where nothing changes", async () => {
    await givenTenant("same");
    const first = await api("PUT", "/tenants/same/limits", { body: { streams: 3 } });
    const again = await api("PUT", "/tenants/same/limits", { body: { streams: 3 } });
    expect(again.etag).toBe(first.etag);
  });
});

describe("refuses", () => {
  it.each([
    ["too few requests", { requestsPerMinute: 9 }],
    ["too many", { principalRequestsPerMinute: 1_000_001 }],
    ["no stream", { streams: 0 }],
    ["half a request", { requestsPerMinute: 10.5 }],
    ["a text", { requestsPerMinute: "1000" }],
    ["an unknown figure", { requestsPerHour: 1000 }],
  ])("%s", async (_what, body) => {
    await givenTenant("refusing");
    expect(await api("PUT", "/tenants/refusing/limits", { body })).toMatchObject({
      status: 422,
      code: "KN-1002",
    });
  });

  it("a write over what has changed since it was read", async () => {
    await givenTenant("changed");
    const { etag } = await api("GET", "/tenants/changed/limits");
    await api("PUT", "/tenants/changed/limits", { body: { streams: 3 } });
    const late = await api("PUT", "/tenants/changed/limits", {
      body: { streams: 4 },
      headers: { "if-match": etag as string },
    });
    expect(late).toMatchObject({ status: 412, code: "KN-1301" });
  });

  it("a tenant that is not there", async () => {
    expect(await api("GET", "/tenants/nobody/limits")).toMatchObject({ status: 404, code: "KN-1200" });
    expect(await api("PUT", "/tenants/nobody/limits", { body: {} })).toMatchObject({ status: 404 });
  });
});

describe("protects", () => {
  it("an owner reads his tenant's limits and does not lift them; who runs the platform does", async () => {
    const tenantId = await givenTenant("protected");
    const owner = await givenUser([{ role: "tenant-owner", scope: { level: "tenant", tenantId } }]);
    const operator = await givenUser([{ role: "platform-ops", scope: { level: "platform" } }]);
    const stranger = await givenUser();
    const path = "/tenants/protected/limits";
    const put = (token: string) => api("PUT", path, { token, body: { requestsPerMinute: 2000 } });
    expect((await api("GET", path, { token: owner.token })).status).toBe(200);
    expect(await put(owner.token)).toMatchObject({ status: 403, code: "KN-1102" });
    expect((await put(operator.token)).status).toBe(200);
    expect(await put(stranger.token)).toMatchObject({ status: 404, code: "KN-1200" });
  });
});
