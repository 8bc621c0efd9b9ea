import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { adminToken, api, apiRaw } from "../../test/workerd/api.ts";
import { DEFAULT_BODY_LIMIT_BYTES, MAX_JSON_DEPTH } from "./requests.ts";

const post = (body: string, contentType = "application/json") =>
  api("POST", "/tenants", { body, headers: { "content-type": contentType } });

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("a body", () => {
  it("that is not JSON, or not UTF-8, is malformed", async () => {
    for (const body of ["", "{", "{'name':'a'}", "nope"])
      expect((await post(body)).code, body).toBe("KN-1001");
    const bytes = await exports.default.fetch("https://kubenova.test/api/v1/tenants", {
      method: "POST",
      body: new Uint8Array([0x22, 0xff, 0x22]),
      headers: { authorization: `Bearer ${await adminToken()}`, "content-type": "application/json" },
    });
    expect(bytes.status).toBe(400);
  });

  it("of another type is refused, and the types that are taken are named", async () => {
    const answer = await post("name: a", "application/yaml");
    expect([answer.status, answer.code]).toEqual([415, "KN-1004"]);
    expect((await post('{"name":"typed"}', "application/json; charset=utf-8")).status).toBe(201);
  });

  it("that is too large is refused, whether or not it says its length", async () => {
    const large = JSON.stringify({ name: "a", displayName: "x".repeat(DEFAULT_BODY_LIMIT_BYTES) });
    expect((await post(large)).code).toBe("KN-1003");
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(16 * 1024));
      },
    });
    const answer = await exports.default.fetch("https://kubenova.test/api/v1/tenants", {
      method: "POST",
      body: endless,
      headers: { authorization: `Bearer ${await adminToken()}`, "content-type": "application/json" },
    });
    expect(answer.status).toBe(413);
  });

  it("that is nested deeper than anything real is refused", async () => {
    const answer = await post(`{"name":"deep","labels":${nested(MAX_JSON_DEPTH + 1)}}`);
    expect([answer.status, answer.code]).toEqual([422, "KN-1002"]);
    expect((await post(nested(200_000 / 8))).status).toBe(422);
  });

  it("with a number that JSON cannot hold, or a prototype, is refused", async () => {
    expect((await post('{"name":"big","labels":{"a":1e999}}')).code).toBe("KN-1002");
    expect((await post('{"name":"proto","__proto__":{"a":1}}')).code).toBe("KN-1002");
  });

  it("with a wrong or unknown field is refused with the path to each", async () => {
    const answer = await api<{ error: { details: { issues: { path: string }[] } } }>("POST", "/tenants", {
      body: { name: "Not A Name", colour: "red", labels: { "kubenova.io/x": "y" } },
    });
    expect(answer.status).toBe(422);
    expect(answer.body.error.details.issues.map(({ path }) => path).sort()).toEqual([
      "colour",
      "labels",
      "name",
    ]);
  });
});

describe("a path", () => {
  it("that no route has is not found", async () => {
    const answer = await api("GET", "/nothing/here");
    expect([answer.status, answer.code]).toEqual([404, "KN-1201"]);
  });

  it("with another method says which it has", async () => {
    const answer = await api("DELETE", "/tenants");
    expect([answer.status, answer.code]).toEqual([405, "KN-1202"]);
    expect(answer.headers.get("allow")).toBe("GET, HEAD, POST");
    expect((await api("GET", "/tenants/acme:restore")).status).toBe(405);
  });

  it("answers HEAD as GET, without a body", async () => {
    await api("PUT", "/tenants/headed", { body: {} });
    const answer = await apiRaw("HEAD", "/tenants/headed");
    expect([answer.status, answer.headers.get("etag"), await answer.text()]).toEqual([200, '"1"', ""]);
  });

  it("with a name that cannot exist is not found", async () => {
    for (const name of ["UPPER", "a_b", "-a", "%00", "%2e%2e", "a".repeat(41)]) {
      expect((await api("GET", `/tenants/${name}`)).status, name).toBe(404);
    }
  });
});

describe("a query", () => {
  it("with a parameter that the route does not know is refused", async () => {
    expect((await api("GET", "/tenants?colour=red")).code).toBe("KN-1002");
    expect((await api("GET", "/tenants/acme?colour=red")).code).toBe("KN-1002");
  });
});
