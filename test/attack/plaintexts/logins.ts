import { CLIENT_ID, CLIENT_SECRET } from "../../services/oidc-issuer.ts";
import { newIssuer } from "../../services/oidc-provider.ts";
import { type Garden, nameFrom } from "./garden.ts";
import { Person } from "./person.ts";

interface Tokens {
  token: string;
  refreshToken: string;
}
interface Device {
  deviceCode: string;
  userCode: string;
}

const post = async <T>({ raw }: Garden, path: string, body: unknown): Promise<T> =>
  JSON.parse(
    await raw("POST", path, { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  );
const alone = ({ token, refreshToken }: Tokens): string[] => [
  token,
  token.split(".")[2] ?? "",
  refreshToken,
  refreshToken.slice(refreshToken.lastIndexOf(".") + 1),
];

/** Of each garden one provider, where whoever comes is known. */
const PROVIDERS = new WeakMap<Garden, Promise<string>>();

async function makeProvider({ api, oidc }: Garden): Promise<string> {
  const client = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const provider = { name: "planted", issuer: await newIssuer(oidc), ...client, users: "everyone" };
  return (await api.post<{ id: string }>("/api/v1/identity-providers", provider)).body.id;
}

/** Somebody logs in by a browser, and a page there has its access token. */
export async function logInBrowser(
  garden: Garden,
  who: string,
): Promise<{ person: Person; token: string; secrets: string[] }> {
  const provider = PROVIDERS.get(garden) ?? makeProvider(garden);
  PROVIDERS.set(garden, provider);
  const person = new Person(garden.manager.url);
  const byBrowser = await person.logIn(await provider, who);
  const { token } = (await (await person.post("/api/v1/auth/refresh", "")).json()) as Tokens;
  return { person, token, secrets: [...byBrowser, token, ...person.cookies()] };
}

/** Somebody logs in by a browser, lets a terminal in, and the terminal renews its login, is robbed of it, and logs out. */
export async function logins(garden: Garden): Promise<string[]> {
  const { fresh } = garden;
  const { person, secrets } = await logInBrowser(garden, "ada@acme.example");
  const device = await post<Device>(garden, "/api/v1/auth/device", { client: "planted" });
  const proof = await person.approve(device.userCode);
  const given = await post<Tokens>(garden, "/api/v1/auth/device/token", { deviceCode: device.deviceCode });
  const next = await post<Tokens>(garden, "/api/v1/auth/refresh", { refreshToken: given.refreshToken });
  const guess = fresh();
  await post(garden, "/api/v1/auth/refresh", { refreshToken: guess });
  await garden.raw("POST", "/api/v1/auth/logout", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ refreshToken: next.refreshToken }),
  });
  await person.post("/api/v1/auth/logout", "");
  return [CLIENT_SECRET, ...secrets, device.deviceCode, proof, ...alone(given), ...alone(next), guess];
}

/** Secrets of providers, made and changed; the last one is told to a provider that repeats it. @param path of the collection */
export async function clientSecrets(
  { api, manager, outside, fresh }: Garden,
  path: string,
): Promise<string[]> {
  const [first, second, inAddress] = [fresh(), fresh(), fresh()];
  const name = nameFrom(fresh());
  const issuer = outside.issuer;
  const provider = { name, issuer, clientId: "c", clientSecret: first, users: "everyone" };
  const { id } = (await api.post<{ id: string }>(path, provider)).body;
  await api.patch(`${path}/${name}`, { clientSecret: second });
  await new Person(manager.url).logIn(id, "ada@acme.example").catch(() => undefined);
  if (!outside.heard(second)) throw new Error("the provider was told no secret");
  const withPassword = { ...provider, issuer: issuer.replace("//", `//me:${inAddress}@`) };
  await api.post(path, { ...withPassword, name: `${name}-2` }, { expect: [422] });
  return [first, second, inAddress];
}
