import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, inject, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { until } from "../../../test/lib/until.ts";
import { api, apiRaw } from "../../../test/workerd/api.ts";
import { allAppended, loggedIn } from "../../../test/workerd/audit.ts";
import { givenUser } from "../../../test/workerd/principals.ts";

const LOG = "/tenants/acme/audit";
const SINK = `${LOG}/sink`;
const SECRET = "a-token-that-nobody-sees";
const url = `http://${inject("siem")}/routes`;

let tenantId: string;

beforeAll(async () => {
  env.OUTBOUND_ALLOW_HOSTS_TENANTS = inject("siem");
  const headers = { "cf-connecting-ip": "198.51.100.9" };
  const body = { displayName: "0" };
  tenantId = (await api<{ id: string }>("PUT", "/tenants/acme", { body, headers })).body.id;
  await api("PUT", "/tenants/acme", { body: { displayName: "=cmd|' /C calc'!A1" }, headers });
  const viewer = await givenUser([{ role: "viewer", scope: { level: "tenant", tenantId } }]);
  await api("DELETE", "/tenants/acme?confirm=acme", { token: viewer.token });
  await allAppended();
  await until("the denial", async () =>
    (await loggedIn(tenantId)).some(({ outcome }) => outcome === "denied"),
  );
});

describe("the table of a log", () => {
  it("has a row an entry, with addresses, for a time range", async () => {
    const answer = await apiRaw("GET", `${LOG}:csv`);
    expect(answer.headers.get("content-type")).toContain("text/csv");
    const [head, ...rows] = (await answer.text()).trimEnd().split("\r\n");
    expect(head).toMatch(/^index,number,id,time,actor_kind/);
    expect(rows.length).toBeGreaterThanOrEqual(2);
    expect(rows[0]).toContain("198.51.100.9");
    const none = await apiRaw("GET", `${LOG}:csv?since=2030-01-01T00:00:00Z`);
    expect((await none.text()).trimEnd().split("\r\n")).toEqual([head]);
    const past = await apiRaw("GET", `${LOG}:csv?until=2020-01-01T00:00:00Z`);
    expect((await past.text()).trimEnd().split("\r\n")).toEqual([head]);
  });

  it("has of each filter what the search has", async () => {
    const ids = async (query: string) => {
      const table = await apiRaw("GET", `${LOG}:csv?${query}`);
      const [, ...rows] = (await table.text()).trimEnd().split("\r\n");
      return rows.map((row) => row.split(",")[2]).sort();
    };
    const found = async (query: string) =>
      (await api<{ items: { id: string }[] }>("GET", `${LOG}?${query}`)).body.items
        .map(({ id }) => id)
        .sort();
    const all = await found("");
    for (const query of [
      "actor=platform-admin",
      "action=tenant:update",
      "outcome=denied",
      "object=tenant/",
      `object=tenant/${tenantId}`,
      "actor=platform-admin&outcome=denied",
    ]) {
      const expected = await found(query);
      expect(await ids(query), query).toEqual(expected);
      expect(expected.length, query).toBeLessThanOrEqual(all.length);
    }
    expect((await found("outcome=denied")).length).toBeGreaterThan(0);
    expect((await api("GET", `${LOG}:csv?q=word`)).code).toBe("KN-1002");
  });
});

describe("the report on a log", () => {
  it("is a PDF, also of a time without entries", async () => {
    for (const query of ["", "?since=2030-01-01T00:00:00Z"]) {
      const answer = await apiRaw("GET", `${LOG}:report${query}`);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/pdf"]);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      expect(new TextDecoder().decode(bytes.slice(0, 5))).toBe("%PDF-");
      expect(bytes.length).toBeGreaterThan(2_000);
    }
  });
});

describe("retention", () => {
  it("is seven years unless the platform sets it", async () => {
    expect((await api("GET", `${LOG}/retention`)).body).toMatchObject({
      retentionDays: 2_557,
      source: "default",
      archived: 0,
    });
    const body = { retentionDays: 3_650 };
    expect((await api("PUT", `${LOG}/retention`, { body })).body).toEqual({ ...body, source: "own" });
    expect((await api("GET", `${LOG}/retention`)).body).toMatchObject(body);
    expect((await api("PUT", `${LOG}/retention`, { body: { retentionDays: 30 } })).code).toBe("KN-1002");
  });

  it("is not written over what was not read", async () => {
    const { etag } = await api("GET", `${LOG}/retention`);
    const put = (retentionDays: number) =>
      api("PUT", `${LOG}/retention`, {
        body: { retentionDays },
        headers: { "if-match": etag as string },
      });
    expect((await put(3_000)).status).toBe(200);
    expect(await put(3_001)).toMatchObject({ status: 412, code: "KN-1301" });
  });

  it("is not the tenant's to set", async () => {
    const owner = await givenUser([{ role: "tenant-owner", scope: { level: "tenant", tenantId } }]);
    const init = { token: owner.token, body: { retentionDays: 90 } };
    expect((await api("PUT", `${LOG}/retention`, init)).code).toBe("KN-1102");
    expect((await api("GET", `${LOG}/retention`, { token: owner.token })).status).toBe(200);
  });
});

describe("a stream", () => {
  it("is set, shown without its token, tried, changed and taken away", async () => {
    expect((await api("GET", SINK)).code).toBe("KN-1200");
    const set = await api("PUT", SINK, { body: { url, format: "jsonl", token: SECRET } });
    expect([set.status, set.body]).toMatchObject([200, { url, format: "jsonl", hasToken: true }]);
    expect((await api("POST", `${SINK}:test`)).body).toEqual({ delivered: true, error: null });
    const [got] = await (await fetch(url)).json<{ authorization: string; body: string }[]>();
    expect(got?.authorization).toBe(`Bearer ${SECRET}`);
    expect(JSON.parse(got?.body ?? "")).toMatchObject({ index: -1, action: "audit-sink:test" });
    const changed = await api("PUT", SINK, { body: { url, format: "splunk-hec" } });
    expect(changed.body).toMatchObject({ format: "splunk-hec", hasToken: true });
    const shown = await api("GET", SINK);
    expect(JSON.stringify([set.body, changed.body, shown.body])).not.toContain(SECRET);
    for (const table of ["audit_sinks", "events", "audit_outbox"]) {
      const rows = await env.DB.prepare(`SELECT * FROM ${table}`).all();
      expect(JSON.stringify(rows.results), table).not.toContain(SECRET);
    }
    expect((await api("DELETE", SINK)).status).toBe(204);
    expect((await api("GET", SINK)).code).toBe("KN-1200");
    expect((await api("POST", `${SINK}:test`)).code).toBe("KN-1200");
  });

  it("is changed, and taken away, by whoever knows it as it is", async () => {
    const body = { url, format: "jsonl" };
    const create = () => api("PUT", SINK, { body, headers: { "if-none-match": "*" } });
    const first = await create();
    expect(await create()).toMatchObject({ status: 412, code: "KN-1301" });
    const headers = { "if-match": first.etag as string };
    const writers = [1, 2, 3].map(() => api("PUT", SINK, { body, headers }));
    expect((await Promise.all(writers)).map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect(await api("DELETE", SINK, { headers })).toMatchObject({ status: 412, code: "KN-1301" });
    const now = { "if-match": (await api("GET", SINK)).etag as string };
    expect((await api("DELETE", SINK, { headers: now })).status).toBe(204);
  });

  it("keeps its token at the same origin alone", async () => {
    const put = (body: object) => api("PUT", SINK, { body: { url, format: "jsonl", ...body } });
    const elsewhere = `${url.replace(inject("siem"), inject("oidc"))}`;
    env.OUTBOUND_ALLOW_HOSTS_TENANTS = `${inject("siem")},${inject("oidc")}`;
    expect((await put({ token: SECRET })).status).toBe(200);
    for (const other of [elsewhere, url.replace("http:", "https:"), "https://siem.example.com/"]) {
      const refused = await put({ url: other });
      expect([refused.code, JSON.stringify(refused.body)], other).toEqual([
        "KN-1002",
        expect.stringContaining('"path":"token"'),
      ]);
    }
    expect((await api("GET", SINK)).body).toMatchObject({ url, hasToken: true });
    expect((await put({ url: `${url}/other` })).body).toMatchObject({ hasToken: true });
    expect((await put({ url: elsewhere, token: null })).body).toMatchObject({ hasToken: false });
    // There is no token to be kept any more.
    expect((await put({})).body).toMatchObject({ url, hasToken: false });
    expect((await put({ url: elsewhere, token: SECRET })).body).toMatchObject({ hasToken: true });
    expect((await api("DELETE", SINK)).status).toBe(204);
    env.OUTBOUND_ALLOW_HOSTS_TENANTS = inject("siem");
  });

  it("tells what a receiver says that does not want it", async () => {
    const refusing = `http://${inject("siem")}/refusing`;
    await fetch(refusing, { method: "PUT", body: "403" });
    await api("PUT", SINK, { body: { url: refusing, format: "jsonl" } });
    const error = "the receiver answered 403";
    expect((await api("POST", `${SINK}:test`)).body).toEqual({ delivered: false, error });
  });

  it("leads to nowhere inside", async () => {
    for (const inside of [
      "http://10.0.0.1/",
      "https://169.254.169.254/latest",
      "https://kubernetes.default.svc",
    ])
      expect((await api("PUT", SINK, { body: { url: inside, format: "jsonl" } })).code).toBe("KN-1610");
  });

  it.each([["audit-sink:update"], ["audit-sink:update", "audit:get"], ["audit-sink:update", "audit:export"]])(
    "is not set by whoever may not fetch the log itself: %s %s",
    async (...permissions) => {
      const role = `streamer-${permissions.length}-${permissions.at(-1)?.split(":")[1]}`;
      const made = await api<{ id: string }>("POST", "/tenants/acme/roles", {
        body: { name: role, permissions },
      });
      const scope: Scope = { level: "tenant", tenantId };
      const { token } = await givenUser([{ role: made.body.id, scope }]);
      const put = () =>
        api("PUT", SINK, { token, body: { url, format: "jsonl", personal: true, from: "beginning" } });
      expect(await put()).toMatchObject({ status: 403, code: "KN-1102" });
      const whole = [...permissions, "audit:get", "audit:export"];
      await api("PATCH", `/tenants/acme/roles/${role}`, { body: { permissions: [...new Set(whole)] } });
      expect((await put()).status).toBe(200);
    },
  );

  it("of the platform's log is not set by whoever may not fetch that", async () => {
    const body = { name: "streamer", permissions: ["platform-audit-sink:update"] };
    const made = await api<{ id: string }>("POST", "/roles", { body });
    const { token } = await givenUser([{ role: made.body.id, scope: { level: "platform" } }]);
    const set = await api("PUT", "/audit/sink", { token, body: { url, format: "jsonl" } });
    expect([set.code, JSON.stringify(set.body)]).toEqual([
      "KN-1102",
      expect.stringContaining("platform-audit:get"),
    ]);
  });

  it("of a tenant does not lead to what is allowed to the platform's", async () => {
    const hosts = String(env.OUTBOUND_ALLOW_HOSTS_TENANTS);
    delete env.OUTBOUND_ALLOW_HOSTS_TENANTS;
    env.OUTBOUND_ALLOW_HOSTS = hosts;
    const [none, body] = [{ "if-none-match": "*" }, { url, format: "jsonl" }];
    expect((await api("PUT", SINK, { body })).code).toBe("KN-1610");
    expect((await api("PUT", "/audit/sink", { body, headers: none })).status).toBe(200);
    expect((await api("POST", "/audit/sink:test")).body).toMatchObject({ delivered: true });
    await api("DELETE", "/audit/sink");
    delete env.OUTBOUND_ALLOW_HOSTS;
    env.OUTBOUND_ALLOW_HOSTS_TENANTS = hosts;
  });

  it("is not for whoever only reads", async () => {
    const { token } = await givenUser([{ role: "auditor", scope: { level: "tenant", tenantId } }]);
    expect((await api("PUT", SINK, { token, body: { url, format: "jsonl" } })).code).toBe("KN-1102");
    const outsider = await givenUser();
    expect((await api("GET", SINK, { token: outsider.token })).code).toBe("KN-1200");
  });
});
