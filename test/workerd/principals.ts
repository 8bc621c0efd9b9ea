import { env } from "cloudflare:workers";
import type { RoleName, Scope } from "../../domain/access/index.ts";
import { newApiKey } from "../../worker/middleware/api-key.ts";
import { insertRow } from "../../worker/store/rows.ts";
import {
  apiKeys,
  bindings,
  memberships,
  serviceAccounts,
  sessions,
  users,
} from "../../worker/store/schema/index.ts";
import { mintToken } from "../../worker/tokens/access.ts";
import { anId } from "./seed.ts";

/** People and machines with rights, written straight into the database: for tests of what they may do. */

const DAY_MS = 24 * 60 * 60 * 1000;

export interface Given {
  role: RoleName | (string & {});
  scope: Scope;
}

export async function givenBinding(subject: string, { role, scope }: Given): Promise<string> {
  const id = anId("binding");
  const row = { id, subject, role, ...scope, createdAt: Date.now(), createdBy: "test" };
  await insertRow(env.DB, bindings, row).run();
  return id;
}

export interface TestUser {
  id: string;
  sessionId: string;
  /** An access token of his session. */
  token: string;
}

/** A user who is logged in. @param groups `group/idp_…/<name>` of his session @param realm a tenant's id; null for the platform */
export async function givenUser(
  given: Given[] = [],
  groups: string[] = [],
  realm: string | null = null,
): Promise<TestUser> {
  const [id, sessionId, now] = [anId("user"), anId("session"), Date.now()];
  await env.DB.batch([
    insertRow(env.DB, users, {
      id,
      tenantId: realm,
      email: `${id.toLowerCase()}@example.com`,
      createdAt: now,
      updatedAt: now,
    }),
    insertRow(env.DB, sessions, {
      id: sessionId,
      userId: id,
      tenantId: realm,
      providerId: anId("identityProvider"),
      groups,
      createdAt: now,
      expiresAt: now + DAY_MS,
      refreshHash: "none",
    }),
  ]);
  for (const each of given) await givenBinding(`user/${id}`, each);
  const { token } = await mintToken(env, { kind: "user", id, sessionId }, now);
  return { id, sessionId, token };
}

/** A member of a tenant who is logged in. */
export const givenMember = async (tenantId: string, given: Given[] = []): Promise<TestUser> =>
  joined(tenantId, await givenUser(given));

/** A user of a tenant's own realm, who is a member there and logged in by one of its providers. */
export const givenTenantUser = async (tenantId: string, given: Given[] = []): Promise<TestUser> =>
  joined(tenantId, await givenUser(given, [], tenantId));

async function joined(tenantId: string, user: TestUser): Promise<TestUser> {
  const row = { tenantId, userId: user.id, createdAt: Date.now(), createdBy: "test" };
  await insertRow(env.DB, memberships, row).run();
  return user;
}

export interface TestKey {
  id: string;
  owner: string;
  key: string;
}

/** A service account with an API key. */
export async function givenKey(
  given: Given[] = [],
  limits: { tenantId?: string; permissions?: string[]; expiresAt?: number } = {},
): Promise<TestKey> {
  const [account, id, now] = [anId("serviceAccount"), anId("apiKey"), Date.now()];
  const owner = `service-account/${account}`;
  const { key, hash } = await newApiKey(id);
  await env.DB.batch([
    insertRow(env.DB, serviceAccounts, {
      id: account,
      name: account.toLowerCase(),
      createdAt: now,
      updatedAt: now,
    }),
    insertRow(env.DB, apiKeys, {
      id,
      owner,
      name: "test",
      secretHash: hash,
      createdAt: now,
      createdBy: "test",
      expiresAt: now + DAY_MS,
      ...limits,
    }),
  ]);
  for (const each of given) await givenBinding(owner, each);
  return { id, owner, key };
}
