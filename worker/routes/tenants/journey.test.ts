import { describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";

describe("a tenant", () => {
  it("is created, read, changed, deleted and restored", async () => {
    const created = await api("POST", "/tenants", { body: { name: "acme", labels: { plan: "team" } } });
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toBe("/api/v1/tenants/acme");
    expect(created.etag).toBe('"1"');
    const patched = await api("PATCH", "/tenants/acme", {
      headers: { "if-match": '"1"' },
      body: { displayName: "Acme" },
    });
    expect(patched.status).toBe(200);
    expect(patched.body).toMatchObject({ displayName: "Acme", labels: { plan: "team" }, version: 2 });
    expect((await api("DELETE", "/tenants/acme")).code).toBe("KN-1008");
    expect((await api("DELETE", "/tenants/acme?confirm=acme")).status).toBe(200);
    expect((await api("GET", "/tenants/acme")).code).toBe("KN-1200");
    expect((await api("POST", "/tenants/acme:restore")).status).toBe(200);
    expect((await api("GET", "/tenants/acme")).body).toMatchObject({ displayName: "Acme", version: 4 });
  });
});
