import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ulid } from "ulid";
import { run } from "../../test/cluster/run.ts";
import { ROOT, wranglerBin, wranglerEnv } from "../../test/manager/bundle.ts";
import type { Manager } from "../../test/manager/start.ts";

export interface MemberKey {
  tenantId: string;
  /** The whole key. */
  key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * One service account with a key for each tenant, a viewer there. They are written into the manager's database while it
 * stands still.
 */
export async function givenMembers(manager: Manager, tenantIds: readonly string[]): Promise<MemberKey[]> {
  const now = Date.now();
  const members = tenantIds.map((tenantId) => memberOf(tenantId, now));
  const file = join(manager.dir, "members.sql");
  writeFileSync(file, members.flatMap(({ sql }) => sql).join("\n"), { mode: 0o600 });
  await manager.kill();
  const config = ["--config", join(manager.dir, "wrangler.toml"), "--persist-to", join(manager.dir, "state")];
  const args = [wranglerBin(), "d1", "execute", "DB", "--local", "--yes", "--file", file, ...config];
  await run(join(ROOT, "node_modules/.bin/node"), args, { cwd: manager.dir, env: wranglerEnv() });
  await manager.restart();
  return members.map(({ tenantId, key }) => ({ tenantId, key }));
}

function memberOf(tenantId: string, now: number): MemberKey & { sql: string[] } {
  const [account, key, binding] = [ulid(now), ulid(now), ulid(now)];
  const secret = randomBytes(32).toString("base64url");
  const hash = createHash("sha256").update(secret).digest("hex");
  const owner = `service-account/sva_${account}`;
  return {
    tenantId,
    key: `kn_${key}_${secret}`,
    sql: [
      `INSERT INTO service_accounts (id, tenant_id, name, created_at, updated_at)
        VALUES ('sva_${account}', '${tenantId}', 'load', ${now}, ${now});`,
      `INSERT INTO bindings (id, subject, role, level, tenant_id, created_at, created_by)
        VALUES ('bnd_${binding}', '${owner}', 'viewer', 'tenant', '${tenantId}', ${now}, 'bench');`,
      `INSERT INTO api_keys (id, owner, tenant_id, name, secret_hash, created_at, created_by, expires_at)
        VALUES ('key_${key}', '${owner}', '${tenantId}', 'load', '${hash}', ${now}, 'bench', ${now + DAY_MS});`,
    ],
  };
}
