import { z } from "zod";
import { SourceError } from "../types.ts";

/** What a registry is told: nothing of it is ever shown. */
export interface RegistryCredentials {
  username?: string;
  password?: string;
  /** An OAuth2 refresh token. */
  identityToken?: string;
  /** A bearer token for the registry itself. */
  registryToken?: string;
}

const entrySchema = z.looseObject({
  username: z.string().optional(),
  password: z.string().optional(),
  auth: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
const configSchema = z.looseObject({ auths: z.record(z.string(), entrySchema) });

/** The key of Secrets of type kubernetes.io/dockerconfigjson. */
export const DOCKER_CONFIG_KEY = ".dockerconfigjson";

/**
 * The credentials that a docker-config has for a repository, by the kubelet's rules: the entry of the longest matching
 * path; a `*` stands for a part of a host's name.
 * @throws SourceError for what is no docker-config
 */
export function credentialsFor(
  config: Uint8Array,
  { registry, repository }: { registry: string; repository: string },
): RegistryCredentials | undefined {
  const { auths } = parsed(config);
  const matching = Object.entries(auths)
    .map(([key, entry]) => ({ at: splitKey(key), entry }))
    .filter(({ at }) => isHost(at.host, registry) && isAbove(at.path, repository))
    .sort((a, b) => b.at.path.length - a.at.path.length || wildcards(a.at.host) - wildcards(b.at.host));
  return matching[0] && credentialsOf(matching[0].entry);
}

function parsed(config: Uint8Array): z.infer<typeof configSchema> {
  try {
    return configSchema.parse(JSON.parse(Buffer.from(config).toString("utf8")));
  } catch {
    // Without the cause: parsers quote what they read.
    throw new SourceError(
      "invalid",
      `the pull secret's ${DOCKER_CONFIG_KEY} is no docker-config ({"auths": {…}})`,
    );
  }
}

function credentialsOf(entry: z.infer<typeof entrySchema>): RegistryCredentials {
  const [username, password] = entry.auth ? decoded(entry.auth) : [entry.username, entry.password];
  return {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(entry.identitytoken ? { identityToken: entry.identitytoken } : {}),
    ...(entry.registrytoken ? { registryToken: entry.registrytoken } : {}),
  };
}

function decoded(auth: string): [string, string] {
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0)
    throw new SourceError("invalid", "an `auth` of the pull secret is not base64 of user:password");
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, "")];
}

/** `https://index.docker.io/v1/` is how docker login names Docker Hub. */
function splitKey(key: string): { host: string; path: string } {
  const [host = "", ...path] = key.replace(/^https?:\/\//, "").split("/");
  const isHub = /^(index\.|registry-1\.)?docker\.io$/.test(host);
  const rest = path.filter((part) => part !== "").join("/");
  return { host: isHub ? "docker.io" : host, path: /^v[12]$/.test(rest) ? "" : rest };
}

function isHost(pattern: string, registry: string): boolean {
  const [name = "", port] = pattern.split(/:(?=\d+$)/);
  const [host = "", hostPort] = registry.split(/:(?=\d+$)/);
  const [want, have] = [name.toLowerCase().split("."), host.toLowerCase().split(".")];
  return (
    port === hostPort && want.length === have.length && want.every((part, i) => isLabel(part, have[i] ?? ""))
  );
}

/** `*` alone and inside of a part: `*`, `eu-*`. No regular expression: somebody else wrote the pattern. */
function isLabel(pattern: string, label: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  if (others.length === 0) return pattern === label;
  const last = others.pop() ?? "";
  if (others.length > 0 || label.length < first.length + last.length) return false;
  return label.startsWith(first) && label.endsWith(last);
}

const isAbove = (path: string, repository: string): boolean =>
  path === "" || repository === path || repository.startsWith(`${path}/`);

const wildcards = (host: string): number => host.split("*").length;
