import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";
import { givenUser } from "../../../test/workerd/principals.ts";
import { anId } from "../../../test/workerd/seed.ts";
import { mintToken } from "../../tokens/access.ts";

it("shows a login that is good for one tenant none of those elsewhere, and lets it end none", async () => {
  const ada = await givenUser();
  const [tenantId, held] = [anId("tenant"), anId("session")];
  const columns = "user_id, provider_id, groups, created_at, expires_at, refresh_hash, generation";
  await env.DB.prepare(
    `INSERT INTO sessions (id, tenant_id, ${columns}) SELECT ?1, ?2, ${columns} FROM sessions WHERE id = ?3`,
  )
    .bind(held, tenantId, ada.sessionId)
    .run();
  const { token } = await mintToken(env, { kind: "user", id: ada.id, sessionId: held }, Date.now());
  const listed = async (by: string) => {
    const { body } = await api<{ items: { id: string }[] }>("GET", "/me/sessions", { token: by });
    return body.items.map(({ id }) => id).sort();
  };
  expect(await listed(token)).toEqual([held]);
  expect(await listed(ada.token)).toEqual([held, ada.sessionId].sort());
  expect((await api("DELETE", `/me/sessions/${ada.sessionId}`, { token })).status).toBe(404);
  expect((await api("DELETE", `/me/sessions/${held}`, { token })).status).toBe(204);
  expect(await listed(ada.token)).toEqual([ada.sessionId]);
});
