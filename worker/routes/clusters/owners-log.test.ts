import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { PLATFORM_LOG } from "../../../domain/audit/entry.ts";
import { until } from "../../../test/lib/until.ts";
import { enrolKey, makeKey } from "../../../test/workerd/agent.ts";
import { api } from "../../../test/workerd/api.ts";
import { allAppended, lastNumbers, loggedIn } from "../../../test/workerd/audit.ts";
import { givenUser, type TestUser } from "../../../test/workerd/principals.ts";

/** Whose log has what is done to a cluster: its owner's, whoever does it. */

let acme: string;
let rival: string;
let owner: TestUser;
let cluster: string;

/** Sends a request that succeeds, and gives the logs that have an entry of it, with the entry's actor and action. */
async function traced(
  method: string,
  path: string,
  { token, body }: { token?: string; body?: unknown } = {},
): Promise<[log: string, actor: string, action: string][]> {
  const correlationId = `own-${crypto.randomUUID()}`;
  const headers = { "x-correlation-id": correlationId };
  const answer = await api(method, path, { headers, body, ...(token ? { token } : {}) });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return entries(correlationId);
}

async function entries(correlationId: string): Promise<[string, string, string][]> {
  await allAppended();
  const logs = [PLATFORM_LOG, acme, rival];
  const found = await Promise.all(logs.map(loggedIn));
  return found.flatMap((some, i) =>
    some
      .filter((entry) => entry.correlationId === correlationId)
      .map(({ actor, action, tenant }): [string, string, string] => {
        expect(tenant ?? PLATFORM_LOG).toBe(logs[i]);
        return [logs[i] ?? "", actor.id, action];
      }),
  );
}

beforeAll(async () => {
  const tenant = async (name: string) =>
    (await api<{ id: string }>("PUT", `/tenants/${name}`, { body: {} })).body.id;
  [acme, rival] = [await tenant("acme"), await tenant("rival")];
  owner = await givenUser([{ role: "tenant-owner", scope: { level: "tenant", tenantId: acme } }]);
});

describe("a change of a cluster that a tenant owns", () => {
  it("stands in that tenant's log alone, from its registration on, whoever makes it", async () => {
    const body = { name: "own-1", ownerTenant: "acme" };
    expect(await traced("POST", "/clusters", { body })).toEqual([[acme, "platform-admin", "cluster:create"]]);
    cluster = (await api<{ id: string }>("GET", "/clusters/own-1")).body.id;
    const { token } = owner;
    const steps: [string, string, unknown?][] = [
      ["PATCH", "/clusters/own-1", { region: "eu" }],
      ["POST", "/clusters/own-1/join-tokens"],
      ["POST", "/clusters/own-1:declare-epoch?confirm=own-1"],
      ["DELETE", "/clusters/own-1?confirm=own-1"],
      ["POST", "/clusters/own-1:restore"],
    ];
    for (const [method, path, sent] of steps) {
      const found = await traced(method, path, { token, body: sent });
      expect(found, path).toEqual([[acme, owner.id, expect.stringMatching(/^cluster:/)]]);
    }
    expect(await traced("PATCH", "/clusters/own-1", { body: { region: "us" } })).toEqual([
      [acme, "platform-admin", "cluster:update"],
    ]);
  });

  it("by an agent that enrols, and a join token that is revoked, too", async () => {
    const made = await api<{ id: string; token: string }>("POST", "/clusters/own-1/join-tokens");
    const spare = await api<{ id: string }>("POST", "/clusters/own-1/join-tokens");
    expect((await enrolKey(made.body.token, await makeKey(), crypto.randomUUID())).status).toBe(200);
    const path = `/clusters/own-1/join-tokens/${spare.body.id}`;
    expect(await traced("DELETE", path, { token: owner.token })).toEqual([
      [acme, owner.id, "cluster:update"],
    ]);
    const enrolled = (await loggedIn(acme)).filter(({ action }) => action === "cluster:enrol");
    expect(enrolled).toMatchObject([{ actor: { kind: "agent", id: cluster }, number: expect.any(Number) }]);
  });

  it("takes numbers of that log without a gap", async () => {
    await allAppended();
    const numbers = (await loggedIn(acme)).flatMap(({ number }) => number ?? []);
    const last = (await lastNumbers())[acme] ?? 0;
    expect(numbers).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  });

  it("is found by its auditor, with what somebody was refused", async () => {
    const scope = { level: "tenant", tenantId: acme } as const;
    const [viewer, auditor] = [
      await givenUser([{ role: "viewer", scope }]),
      await givenUser([{ role: "auditor", scope }]),
    ];
    expect((await api("PATCH", "/clusters/own-1", { token: viewer.token, body: {} })).code).toBe("KN-1102");
    const search = async (query: string) => {
      const { body } = await api<{ items: { actor: { id: string } }[] }>(
        "GET",
        `/tenants/acme/audit?object=cluster/${cluster}&${query}`,
        { token: auditor.token },
      );
      return body.items.map(({ actor }) => actor.id);
    };
    await until("the denial", async () => (await search("outcome=denied")).length > 0);
    expect(await search("outcome=denied")).toEqual([viewer.id]);
    expect(await search("action=cluster:create")).toEqual(["platform-admin"]);
  });

  it("of rights that the platform gives or takes there, too", async () => {
    const { id } = await givenUser();
    const correlationId = "own-given";
    const given = await api<{ id: string }>("POST", "/bindings", {
      headers: { "x-correlation-id": correlationId },
      body: { subject: { kind: "user", id }, role: "viewer", scope: { cluster: "own-1" } },
    });
    expect(given.status).toBe(201);
    const expected = [[acme, "platform-admin", "platform-access:update"]];
    expect(await entries(correlationId)).toEqual(expected);
    expect(await traced("DELETE", `/bindings/${given.body.id}`)).toEqual(expected);
  });
});

describe("a cluster that changes hands", () => {
  const hand = (ownerTenant: string | null) => traced("PATCH", "/clusters/handed", { body: { ownerTenant } });

  it("does so in its former owner's log; what the platform gives away in the new one's", async () => {
    expect((await traced("POST", "/clusters", { body: { name: "handed" } }))[0]?.[0]).toBe(PLATFORM_LOG);
    expect((await hand("acme")).map(([log]) => log)).toEqual([acme]);
    expect((await hand("rival")).map(([log]) => log)).toEqual([acme]);
    expect((await hand(null)).map(([log]) => log)).toEqual([rival]);
    expect((await traced("POST", "/clusters/handed/join-tokens")).map(([log]) => log)).toEqual([
      PLATFORM_LOG,
    ]);
  });

  it("is the platform's once its tenant is purged, and the tenant's until then", async () => {
    const gone = (await api<{ id: string }>("PUT", "/tenants/gone", { body: {} })).body.id;
    await api("POST", "/clusters", { body: { name: "left", ownerTenant: "gone" } });
    await api("DELETE", "/tenants/gone?confirm=gone");
    const before = (await lastNumbers())[gone] ?? 0;
    const patch = (region: string) => api("PATCH", "/clusters/left", { body: { region } });
    expect((await patch("one")).status).toBe(200);
    expect((await lastNumbers())[gone]).toBe(before + 1);
    await env.DB.prepare("DELETE FROM tenants WHERE id = ?").bind(gone).run();
    expect((await patch("two")).status).toBe(200);
    expect((await lastNumbers())[gone]).toBe(before + 1);
  });
});
