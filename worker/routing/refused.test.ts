import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import { api } from "../../test/workerd/api.ts";
import { loggedIn } from "../../test/workerd/audit.ts";
import { givenKey, givenUser } from "../../test/workerd/principals.ts";

it("a credential that is good no more is told of when it comes again; one that never was ours is not", async () => {
  const { body: tenant } = await api<{ id: string }>("PUT", "/tenants/acme", { body: {} });
  const [ada, revoked, guessed] = [
    await givenUser(),
    await givenKey([], { tenantId: tenant.id }),
    await givenKey(),
  ];
  await env.DB.batch([
    env.DB.prepare("UPDATE users SET state = 'disabled' WHERE id = ?").bind(ada.id),
    env.DB.prepare("UPDATE api_keys SET revoked_at = 1 WHERE id = ?").bind(revoked.id),
  ]);
  const wrong = `${guessed.key.slice(0, -8)}AAAAAAAA`;
  const statuses = [ada.token, revoked.key, wrong].map(
    async (token) => (await api("GET", "/tenants", { token })).status,
  );
  expect(await Promise.all(statuses)).toEqual([403, 401, 401]);
  const denied = async (log: string) =>
    (await loggedIn(log)).filter(({ outcome, action }) => outcome === "denied" && action === "tenant:list");
  const isTold = async () => (await denied("platform")).length > 0 && (await denied(tenant.id)).length > 0;
  await until("both stand in their logs", isTold, { deadlineMs: 15_000 });
  expect(await denied("platform")).toMatchObject([
    { actor: { kind: "user", id: ada.id, sessionId: ada.sessionId }, object: `session/${ada.sessionId}` },
  ]);
  expect(await denied(tenant.id)).toMatchObject([
    { actor: { kind: "service-account", keyId: revoked.id }, object: `api-key/${revoked.id}` },
  ]);
});
