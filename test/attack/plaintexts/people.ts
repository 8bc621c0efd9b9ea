import { type Garden, nameFrom } from "./garden.ts";
import { logInBrowser } from "./logins.ts";

interface Made {
  id: string;
  key: string;
}
interface Invited {
  token: string;
  accept: string;
}
const json = { "content-type": "application/json" };
const INVITED = "grace@acme.example";
/** `kn_<ULID>_` and `inv_<ULID>.`: what stands before a secret, and is none. */
const afterName = (text: string): string => text.slice(text.indexOf("_", 3) + 1);
const afterDot = (text: string): string => text.slice(text.indexOf(".") + 1);

/** Who is logged in asks for this. @returns the answer, which is no success where the caller is to be refused */
const ask = async <T>(
  { raw }: Garden,
  token: string,
  path: string,
  body: unknown,
  key?: string,
): Promise<T> =>
  JSON.parse(
    await raw("POST", path, {
      headers: { ...json, authorization: `Bearer ${token}`, ...(key ? { "idempotency-key": key } : {}) },
      body: JSON.stringify(body),
    }),
  );

/** A person of the platform makes keys of his own, rotates one, uses both secrets, and tries one that is guessed. */
export async function keysOfMine(garden: Garden): Promise<string[]> {
  const { token } = await logInBrowser(garden, "keys@acme.example");
  return keysBy(garden, token, "/api/v1/me/keys");
}

/** @param home of the service account: `/api/v1`, or of a tenant */
export async function keysOfAccount(garden: Garden, home: string): Promise<string[]> {
  const name = nameFrom(garden.fresh());
  await garden.api.post(`${home}/service-accounts`, { name });
  return keysBy(garden, await garden.api.bearer(), `${home}/service-accounts/${name}/keys`);
}

async function keysBy(garden: Garden, token: string, path: string): Promise<string[]> {
  const { raw, fresh } = garden;
  const [once, again] = [fresh(), fresh()];
  const made = await ask<Made>(garden, token, path, { name: "planted" }, once);
  await ask(garden, token, path, { name: "planted" }, once);
  const rotated = await ask<Made>(garden, token, `${path}/${made.id}:rotate`, { overlapHours: 1 }, again);
  await ask(garden, token, `${path}/${made.id}:rotate`, { overlapHours: 1 }, again);
  const named = made.key.slice(0, made.key.length - afterName(made.key).length);
  const guess = `${fresh()}${fresh()}`.slice(0, afterName(made.key).length);
  for (const key of [made.key, rotated.key, `${named}${guess}`]) {
    const headers = { authorization: `Bearer ${key}` };
    await raw("GET", "/api/v1/me", { headers });
    await raw("PUT", "/api/v1/tenants/not-mine", { headers: { ...headers, ...json }, body: "{}" });
    await raw("GET", `/api/v1/me?access_token=${key}`);
  }
  return [made.key, rotated.key].flatMap((key) => [key, afterName(key)]).concat(guess);
}

/** @param path of the list of invitations */
export async function invitation({ api, fresh }: Garden, path: string, role: string): Promise<string[]> {
  const headers = { "idempotency-key": fresh() };
  const body = { email: `${nameFrom(fresh())}@acme.example`, grants: [{ role }] };
  const { token } = (await api.post<Invited>(path, body, { headers })).body;
  await api.post(path, body, { headers, expect: [409] });
  return [token, afterDot(token)];
}

/** It is accepted with a guessed secret, which fails, then with its own, then once more; the command holds it too. */
export async function accepted(garden: Garden): Promise<string[]> {
  const { api, fresh } = garden;
  const body = { email: INVITED, grants: [{ role: "viewer" }] };
  const { token, accept } = (await api.post<Invited>("/api/v1/tenants/acme/invitations", body)).body;
  const person = await logInBrowser(garden, INVITED);
  const path = "/api/v1/invitations:accept";
  const guess = fresh();
  const malformed = fresh();
  await ask(garden, person.token, path, { token: `${token.slice(0, token.indexOf("."))}.${guess}` });
  await ask(garden, person.token, path, { token: [malformed] });
  const answer = await ask<{ tenant?: string }>(garden, person.token, path, { token });
  if (answer.tenant !== "acme") throw new Error(`not accepted: ${JSON.stringify(answer)}`);
  await ask(garden, person.token, path, { token });
  if (!accept.includes(token)) throw new Error("the command lacks the token");
  return [token, afterDot(token), guess, malformed, ...person.secrets];
}
