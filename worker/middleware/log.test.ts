import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { adminToken } from "../../test/workerd/api.ts";
import { createApp } from "../app.ts";

const app = createApp();

/** Lines that a request writes. */
async function logged(path: string, init: RequestInit = {}): Promise<Record<string, unknown>[]> {
  const spy = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const context = createExecutionContext();
  await app.fetch(new Request(`https://kubenova.test${path}`, init), { ...env, LOG_LEVEL: "info" }, context);
  await waitOnExecutionContext(context);
  return spy.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
}

afterEach(() => vi.restoreAllMocks());

describe("the access log", () => {
  it("says who asked for what, with the labels of what it was about", async () => {
    const headers = { authorization: `Bearer ${await adminToken()}`, "x-correlation-id": "trace-1" };
    const [line] = await logged("/api/v1/tenants/acme/projects/shop", { headers });
    expect(line).toMatchObject({
      level: "info",
      message: "request",
      method: "GET",
      route: "/api/v1/tenants/{tenant}/projects/{project}",
      tenant: "acme",
      project: "shop",
      status: 404,
      code: "KN-1200",
      principal: "platform-admin",
      correlationId: "trace-1",
    });
  });

  it("holds no key, no token, no body and no query", async () => {
    const token = await adminToken();
    const key = env.PLATFORM_ADMIN_KEY;
    const lines = [
      ...(await logged("/api/v1/auth/token", {
        method: "POST",
        body: JSON.stringify({ key }),
        headers: { "content-type": "application/json" },
      })),
      ...(await logged(`/api/v1/tenants?name=hush&access_token=${token}`, {
        headers: { authorization: `Bearer ${token}` },
      })),
      ...(await logged("/api/v1/tenants", {
        method: "POST",
        body: JSON.stringify({ name: "logged", displayName: "very private" }),
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      })),
    ];
    expect(lines.length).toBeGreaterThanOrEqual(3);
    const text = JSON.stringify(lines);
    for (const secret of [key, token, "hush", "very private", "access_token"]) {
      expect(text).not.toContain(secret);
    }
  });
});
