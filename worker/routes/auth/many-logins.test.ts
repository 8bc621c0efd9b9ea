import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { allAppended, loggedIn as auditLog } from "../../../test/workerd/audit.ts";
import { Browser } from "../../../test/workerd/browser.ts";
import {
  call,
  givenProvider,
  loggedIn,
  logIn,
  type Provider,
  TestIssuer,
} from "../../../test/workerd/login.ts";
import { newId } from "../../ids.ts";
import { MAX_LIVE_SESSIONS } from "../../store/sessions.ts";

/** A user has so many logins at once and no more. */

let provider: Provider;
beforeAll(async () => {
  provider = await givenProvider(await TestIssuer.start());
});

const COLUMNS = "user_id, groups, created_at, expires_at, refresh_hash, generation";

/** More logins of the same user, each newer than those before. */
async function givenMore(sessionId: string, count: number, by: { provider?: string; tenant?: string } = {}) {
  const statement = env.DB.prepare(
    `INSERT INTO sessions (id, provider_id, tenant_id, ${COLUMNS})
      SELECT ?1, COALESCE(?2, provider_id), ?3, ${COLUMNS} FROM sessions WHERE id = ?4`,
  );
  const ids = Array.from({ length: count }, (_, n) => newId("session", Date.now() + n));
  await env.DB.batch(ids.map((id) => statement.bind(id, by.provider ?? null, by.tenant ?? null, sessionId)));
}

const endOf = (id: string) =>
  env.DB.prepare("SELECT ended_because FROM sessions WHERE id = ?").bind(id).first("ended_because");

const liveOf = (userId: string) =>
  env.DB.prepare("SELECT COUNT(*) AS n FROM sessions WHERE user_id = ? AND ended_at IS NULL")
    .bind(userId)
    .first("n");

it("one login too many ends the oldest, which is told as other ends are", async () => {
  const first = await loggedIn(provider, "ada@acme.example");
  const { browser, userId } = first;
  await givenMore(first.sessionId, MAX_LIVE_SESSIONS - 2);
  const last = await loggedIn(provider, "ada@acme.example");
  expect([await endOf(first.sessionId), await liveOf(userId)]).toEqual([null, MAX_LIVE_SESSIONS]);
  const more = await loggedIn(provider, "ada@acme.example");
  expect([await endOf(first.sessionId), await liveOf(userId)]).toEqual(["too-many", MAX_LIVE_SESSIONS]);
  expect((await call("GET", "/me", { token: first.token })).code).toBe("KN-1100");
  expect(await (await browser.post("/api/v1/auth/refresh")).json()).toMatchObject({
    error: { code: "KN-1111" },
  });
  for (const { token } of [last, more]) expect((await call("GET", "/me", { token })).status).toBe(200);
  const { body } = await call<{ items: { subject: string; data: unknown }[] }>(
    "GET",
    "/events?type=evt.access.changed&limit=200",
  );
  expect(body.items.filter(({ subject }) => subject === `session/${first.sessionId}`)).toMatchObject([
    { data: { kind: "session-ended", after: { userId, endedBecause: "too-many" } } },
  ]);
  await allAppended();
  const entries = (await auditLog("platform")).filter(
    ({ action, actor }) => action === "login" && actor.sessionId === more.sessionId,
  );
  expect(entries).toMatchObject([
    {
      action: "login",
      related: [`session/${first.sessionId}`],
      reason: expect.stringContaining(`ends ${first.sessionId}: too many logins`),
    },
  ]);
});

it("a terminal's login counts as well", async () => {
  const person = await loggedIn(provider, "bob@acme.example");
  await givenMore(person.sessionId, MAX_LIVE_SESSIONS - 1);
  const { body } = await call<{ deviceCode: string; userCode: string }>("POST", "/auth/device", {
    token: null,
    body: {},
  });
  const html = await (await person.browser.ask(`/device?user_code=${body.userCode}`)).text();
  const proof = /name="proof" value="([^"]+)"/.exec(html)?.[1] ?? "";
  await person.browser.post("/device", { user_code: body.userCode, decision: "approve", proof });
  const { deviceCode } = body;
  expect((await call("POST", "/auth/device/token", { token: null, body: { deviceCode } })).status).toBe(200);
  expect([await endOf(person.sessionId), await liveOf(person.userId)]).toEqual([
    "too-many",
    MAX_LIVE_SESSIONS,
  ]);
});

it("two that come at once for the last place end two", async () => {
  const first = await loggedIn(provider, "eve@acme.example");
  await givenMore(first.sessionId, MAX_LIVE_SESSIONS - 1);
  const answers = await Promise.all(
    ["198.51.100.1", "198.51.100.2"].map((from) => logIn(new Browser(from), provider, "eve@acme.example")),
  );
  expect(answers.map(({ status }) => status)).toEqual([303, 303]);
  expect(await liveOf(first.userId)).toBe(MAX_LIVE_SESSIONS);
});

it("a tenant's own provider, whose administrators can be anybody, ends no login by another", async () => {
  const first = await loggedIn(provider, "mia@acme.example");
  const elsewhere = { provider: "idp_01KAJ7Z8Q4X2N6V0D3M5R9T1WB", tenant: "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB" };
  await givenMore(first.sessionId, MAX_LIVE_SESSIONS, elsewhere);
  await loggedIn(provider, "mia@acme.example");
  expect([await endOf(first.sessionId), await liveOf(first.userId)]).toEqual([null, MAX_LIVE_SESSIONS + 2]);
});
