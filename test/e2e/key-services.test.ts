import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../lib/api.ts";
import { until } from "../lib/until.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { type Kms, startKms } from "../services/keys/moto.ts";
import { startVault, type Vault } from "../services/keys/openbao.ts";

/** A manager whose data keys move from the ring to KMS, to Vault, to another key of Vault, and back, while it stays up. */
interface Kek {
  name: string;
  configured: boolean;
  primary: boolean;
  activeDataKeys: number;
  retiredDataKeys: number;
}
interface Rotation {
  state: string;
  done: number;
  failed: number;
  lastError: string | null;
}
interface Failure {
  error: { code: string; message: string; details: { kek: string; reason: string } };
}

const KEYS = "/api/v1/platform/keys";
let manager: Manager;
let api: ApiClient;
let kms: Kms;
let vault: Vault;

/** Starts the manager again with other variables. */
async function configure(vars: Record<string, string>): Promise<void> {
  await manager.kill();
  const file = join(manager.dir, ".dev.vars");
  const kept = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => /^(PLATFORM_ADMIN_KEY|KEY_RING)=/.test(line));
  const lines = Object.entries(vars).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  writeFileSync(file, `${[...kept, ...lines].join("\n")}\n`);
  await manager.restart();
}

const aws = () => ({
  AWS_ACCESS_KEY_ID: kms.accessKeyId,
  AWS_SECRET_ACCESS_KEY: kms.secretAccessKey,
  AWS_KMS_ENDPOINT: `${kms.url}/`,
});
const appRole = () => ({ VAULT_ROLE_ID: vault.roleId, VAULT_SECRET_ID: vault.secretId });
const inKms = () => `aws-kms:${kms.arn}`;
const inVault = (key: string) => `vault:${vault.url}/transit/${key}`;

const keys = async () => (await api.get<{ keyEncryptionKeys: Kek[]; rotations: Rotation[] }>(KEYS)).body;
const newTenantKey = async (tenant: string, expect = [202]) => {
  await api.put(`/api/v1/tenants/${tenant}`, {});
  return api.post<Failure>(`${KEYS}:rotate`, { tenant }, { expect });
};

/** Every data key is wrapped by this one. */
async function rewrapped(name: string): Promise<void> {
  await api.post(`${KEYS}:rewrap`);
  await until(`all data keys are wrapped by ${name}`, async () => {
    const { keyEncryptionKeys } = await keys();
    const wrapping = keyEncryptionKeys.filter((kek) => kek.activeDataKeys + kek.retiredDataKeys > 0);
    if (wrapping.length !== 1 || wrapping[0]?.name !== name) throw new Error(JSON.stringify(await keys()));
    return true;
  });
}

beforeAll(async () => {
  manager = await startManager();
  api = new ApiClient(manager);
  // One after the other: where the second does not start, the first is known, and stopped.
  kms = await startKms();
  vault = await startVault(manager.dir);
});
afterAll(async () => {
  await Promise.all([kms?.stop(), vault?.stop()]);
  await manager?.stop();
});

describe("data keys", () => {
  it("move from the ring to AWS KMS, whose peer checks each signature", async () => {
    for (const tenant of ["acme", "beta", "acme"]) await newTenantKey(tenant);
    await until("the platform has a data key too, for what its audit log keeps of people", async () =>
      (await keys()).keyEncryptionKeys.some(({ activeDataKeys }) => activeDataKeys === 3),
    );
    await configure({ KEK_PROVIDER: inKms(), ...aws() });
    expect((await keys()).keyEncryptionKeys).toMatchObject([
      { name: "ring:k1", primary: false, activeDataKeys: 3 },
      { name: inKms(), configured: true, primary: true, activeDataKeys: 0 },
    ]);
    await newTenantKey("in-kms");
    await rewrapped(inKms());
  });

  it("move on to Vault by an AppRole, to a key of it that derives, and through a rotation in Vault itself", async () => {
    await configure({ KEK_PROVIDER: `${inKms()},${inVault("plain")}`, ...aws(), ...appRole() });
    await newTenantKey("in-vault");
    await rewrapped("vault:transit/plain");
    await vault.admin("POST", "transit/keys/plain/rotate");
    await configure({ KEK_PROVIDER: `${inVault("plain")},${inVault("derived")}`, ...appRole() });
    await rewrapped("vault:transit/derived");
  });

  it("are served again after Vault ended every login", async () => {
    await newTenantKey("logged-in");
    await vault.admin("PUT", "sys/leases/revoke-prefix/auth/approle/login");
    await newTenantKey("logged-out");
  });

  it("are not made where the service refuses, and the answer says why but shows nothing", async () => {
    const refusal = async (tenant: string, code: string, reason: RegExp) => {
      const { body, headers } = await newTenantKey(tenant, [503]);
      expect(body.error.code).toBe(code);
      expect(body.error.details.reason).toMatch(reason);
      expect(headers["retry-after"]).toBeDefined();
      expect(JSON.stringify(body)).not.toContain(kms.secretAccessKey);
    };
    const provider = `${inVault("derived")},${inKms()}`;
    await configure({ KEK_PROVIDER: provider, ...aws(), ...appRole() });
    await newTenantKey("allowed");
    await kms.allow(false);
    await refusal("denied", "KN-1904", /AccessDenied|HTTP 403/);
    await kms.allow(true);
    await newTenantKey("denied");
    const forged = { ...aws(), AWS_SECRET_ACCESS_KEY: "x".repeat(40) };
    await configure({ KEK_PROVIDER: provider, ...forged, ...appRole() });
    await refusal("forged", "KN-1904", /Signature|HTTP 403/);
    await configure({ KEK_PROVIDER: `${inKms()},${inVault("derived")}`, ...aws(), VAULT_TOKEN: "s.none" });
    await refusal("no-token", "KN-1904", /HTTP 403/);
    await configure({ KEK_PROVIDER: `${inKms()},${inVault("absent")}`, ...aws(), ...appRole() });
    await refusal("no-key", "KN-1904", /HTTP 40/);
  });

  it("are not made while the service is away, and what waits goes on when it is back", async () => {
    await configure({ KEK_PROVIDER: `${inVault("derived")},${inKms()}`, ...aws(), ...appRole() });
    await kms.stop();
    const { body } = await newTenantKey("away", [503]);
    expect(body.error).toMatchObject({ code: "KN-1903", details: { reason: "no connection" } });
    await configure({ KEK_PROVIDER: `${inKms()},${inVault("derived")}`, ...aws(), ...appRole() });
    await api.post(`${KEYS}:rewrap`);
    await until("the rotation says why it does not go on", async () =>
      (await keys()).rotations.some(({ lastError }) => lastError?.startsWith("KN-1903")),
    );
  });

  it("are refused to a manager that is told of no such service, or of one that it cannot ask safely", async () => {
    const { VAULT_ROLE_ID } = appRole();
    for (const vars of [
      { KEK_PROVIDER: inVault("plain"), VAULT_ROLE_ID },
      { KEK_PROVIDER: inKms() },
      { KEK_PROVIDER: "vault:http://vault.example.com/transit/plain", ...appRole() },
    ] as Record<string, string>[]) {
      await configure(vars);
      const ready = await fetch(`${manager.url}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain("configuration");
    }
  });
});
