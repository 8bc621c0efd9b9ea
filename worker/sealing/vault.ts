import { KubeNovaError } from "../../domain/errors/index.ts";
import type { KekProvider } from "../../domain/keys/providers.ts";
import type { Kek, WrapBound } from "./kek.ts";
import {
  askKeyService,
  base64Field,
  isAway,
  type Refusal,
  refusalError,
  type ServiceAnswer,
  toBase64,
} from "./key-service.ts";

export type VaultLogin = { token: string } | { roleId: string; secretId: string };

/** Vault's own text where a ciphertext is not what it encrypted. */
const UNREADABLE = /authentication failed|invalid ciphertext|unable to decrypt|decrypt/i;

/**
 * A key of Vault's transit engine (or OpenBao's), of a type with associated data such as aes256-gcm96. What it wraps is
 * Vault's `vault:v<version>:…`. With AppRole a login is renewed when Vault says that its token is none any more.
 */
export function vaultKek(
  { name, url, mount, key }: Extract<KekProvider, { kind: "vault" }>,
  login: VaultLogin,
  namespace?: string,
): Kek {
  let token = "token" in login ? login.token : undefined;

  const post = (
    path: string,
    body: Record<string, unknown>,
    judge: (answer: ServiceAnswer) => Refusal | undefined,
  ) =>
    askKeyService(
      name,
      async () =>
        new Request(`${url}/v1/${path}`, {
          method: "POST",
          body: JSON.stringify(body),
          headers: {
            "Content-Type": "application/json",
            "X-Vault-Request": "true",
            ...(token ? { "X-Vault-Token": token } : {}),
            ...(namespace ? { "X-Vault-Namespace": namespace } : {}),
          },
        }),
      judge,
    );

  async function logIn(): Promise<void> {
    if ("token" in login) return;
    token = undefined;
    const body = { role_id: login.roleId, secret_id: login.secretId };
    const { auth } = await post("auth/approle/login", body, judge);
    const given = (auth as { client_token?: unknown } | undefined)?.client_token;
    if (typeof given !== "string")
      throw refusalError(name, { kind: "refused", reason: "a login without a token" });
    token = given;
  }

  async function call(operation: "encrypt" | "decrypt", body: Record<string, unknown>) {
    const ask = () =>
      post(`${mount}/${operation}/${key}`, body, operation === "decrypt" ? judgeDecrypt : judge);
    if (token === undefined) await logIn();
    try {
      return dataOf(await ask());
    } catch (error) {
      const expired = error instanceof KubeNovaError && error.details?.reason === "HTTP 403";
      if (!expired || "token" in login) throw error;
      await logIn();
      return dataOf(await ask());
    }
  }

  return {
    name,
    async wrap(dataKey, bound) {
      const { ciphertext } = await call("encrypt", { plaintext: toBase64(dataKey), ...labels(bound) });
      if (typeof ciphertext === "string" && ciphertext.startsWith("vault:v")) return ciphertext;
      throw refusalError(name, { kind: "refused", reason: "an answer without a ciphertext" });
    },
    async unwrap(wrapped, bound) {
      return base64Field(name, (await call("decrypt", { ciphertext: wrapped, ...labels(bound) })).plaintext);
    },
  };
}

/** A derived key asks for a context, and another one ignores it. */
function labels({ dataKeyId, owner }: WrapBound): Record<string, string> {
  const label = btoa(`kubenova/data-key/${owner}/${dataKeyId}`);
  return { associated_data: label, context: label };
}

const dataOf = (body: Record<string, unknown>): Record<string, unknown> =>
  typeof body.data === "object" && body.data !== null ? (body.data as Record<string, unknown>) : {};

function judge({ status }: ServiceAnswer): Refusal | undefined {
  if (status === 200) return undefined;
  // 472 and 473 are a standby's, 412 a replica's that has not caught up.
  const away = isAway(status) || status === 412 || status === 472 || status === 473;
  return { kind: away ? "away" : "refused", reason: `HTTP ${status}` };
}

function judgeDecrypt(answer: ServiceAnswer): Refusal | undefined {
  const text = Array.isArray(answer.body.errors) ? answer.body.errors.join(" ") : "";
  if (answer.status === 400 && UNREADABLE.test(text)) return { kind: "unreadable", reason: "HTTP 400" };
  return judge(answer);
}
