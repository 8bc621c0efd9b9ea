import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { adminToken, api, apiRaw } from "../../test/workerd/api.ts";
import { createApp } from "../app.ts";
import type { Env } from "../env.ts";

const app = createApp();

/** Asks the app with other settings than the tests' own. */
async function fetchWith(settings: Partial<Env>, request: Request): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, { ...env, ...settings }, context);
  await waitOnExecutionContext(context);
  return response;
}

describe("every answer", () => {
  it("forbids a browser to frame, sniff or run it", async () => {
    for (const path of ["/tenants", "/nothing"]) {
      const { headers } = await apiRaw("GET", path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("strict-transport-security")).toContain("max-age=");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  it("is kept by no cache", async () => {
    for (const path of ["/tenants", "/tenants/nobody"]) {
      expect((await apiRaw("GET", path)).headers.get("cache-control")).toBe("no-store");
    }
  });

  it("has a request id, and the caller's correlation id where it is well formed", async () => {
    const given = await api("GET", "/tenants", { headers: { "x-correlation-id": "checkout-42" } });
    expect(given.headers.get("x-correlation-id")).toBe("checkout-42");
    expect(given.headers.get("x-request-id")).toMatch(/^req_[0-9A-Z]{26}$/);
    for (const bad of ["a b", "x".repeat(129), '"', ""]) {
      const { headers } = await api("GET", "/tenants", { headers: { "x-correlation-id": bad } });
      expect(headers.get("x-correlation-id")).toBe(headers.get("x-request-id"));
    }
  });

  it("names its request in an error", async () => {
    const answer = await api<{ error: { requestId: string } }>("GET", "/tenants/nobody");
    expect(answer.body.error.requestId).toBe(answer.headers.get("x-request-id"));
  });
});

describe("a browser of another origin", () => {
  const CORS_ORIGINS = "https://console.example.com, https://other.example.com";
  const ask = async (origin: string, method = "GET", more: Record<string, string> = {}) =>
    fetchWith(
      { CORS_ORIGINS },
      new Request("https://kubenova.test/api/v1/tenants", {
        method,
        headers: { origin, authorization: `Bearer ${await adminToken()}`, ...more },
      }),
    );

  it("may read answers where its origin is allowed, and only there", async () => {
    const allowed = await ask("https://console.example.com");
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://console.example.com");
    expect(allowed.headers.get("access-control-expose-headers")).toContain("ETag");
    expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
    for (const origin of ["https://evil.example.com", "null", "https://console.example.com.evil.com"]) {
      const refused = await ask(origin);
      expect(refused.headers.get("access-control-allow-origin"), origin).toBeNull();
      expect(refused.headers.get("vary")).toContain("Origin");
    }
  });

  it("is told before it asks", async () => {
    const headers = { "access-control-request-method": "PUT" };
    const allowed = await ask("https://other.example.com", "OPTIONS", headers);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(allowed.headers.get("access-control-allow-headers")).toContain("If-Match");
    const refused = await ask("https://evil.example.com", "OPTIONS", headers);
    expect(refused.headers.get("access-control-allow-methods")).toBeNull();
  });
});

describe("a manager that is not set up", () => {
  it("answers 503 with what to do, and serves nothing", async () => {
    const request = new Request("https://kubenova.test/api/v1/tenants", {
      headers: { authorization: `Bearer ${await adminToken()}` },
    });
    const answer = await fetchWith({ PLATFORM_ADMIN_KEY: "short" }, request);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("PLATFORM_ADMIN_KEY");
    expect(answer.headers.get("retry-after")).toBe("1");
  });
});
