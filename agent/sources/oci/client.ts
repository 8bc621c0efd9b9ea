import type { IncomingMessage } from "node:http";
import { wholeBody } from "../network/body.ts";
import type { Http } from "../network/http.ts";
import { digestOf } from "../pack.ts";
import { SourceError } from "../types.ts";
import { answerChallenge, authorization, refused } from "./authorization.ts";
import type { RegistryCredentials } from "./docker-config.ts";
import { apiBase, type OciReference } from "./reference.ts";

/** One repository of a registry, for one fetch: a token is asked for once, and kept. */
export interface Repository {
  /** The digest that the registry says a tag has; undefined where it does not say. */
  headDigest(signal: AbortSignal): Promise<string | undefined>;
  /** Verified: against the reference's digest, and against what the registry says. */
  manifest(signal: AbortSignal): Promise<{ digest: string; mediaType: string; body: Buffer }>;
  blob(digest: string, signal: AbortSignal): Promise<{ message: IncomingMessage; url: URL }>;
}

export interface RepositoryOptions {
  reference: OciReference;
  http: Http;
  credentials: RegistryCredentials | undefined;
  isInsecure: boolean;
}

/** What the distribution specification wants a registry to take at least. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_ERROR_BYTES = 16 * 1024;
const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  // Not modules; asked for so that the registry hands them out and it can be said what they are.
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

export function openRepository({ reference, http, credentials, isInsecure }: RepositoryOptions): Repository {
  const base = apiBase(reference, isInsecure);
  const { pathname } = base;
  const repository = pathname.slice("/v2/".length, -1);
  const wanted = reference.digest ?? reference.tag ?? "";
  let held: string | undefined;

  const send = async (method: "GET" | "HEAD", path: string, accept: string, signal: AbortSignal) => {
    const url = new URL(path, base);
    const ask = () => http.send(url, { method, headers: { accept, ...authorization(held) }, signal });
    let message = await ask();
    if (message.statusCode === 401 && held === undefined) {
      message.resume();
      const options = { http, credentials, repository, isInsecure };
      held = await answerChallenge(message.headers["www-authenticate"], options, signal);
      message = await ask();
    }
    if (message.statusCode !== 200) throw await statusError(message, url, path, credentials);
    return { message, url };
  };
  const manifestPath = `manifests/${wanted}`;
  const accept = MANIFEST_TYPES.join(", ");
  return {
    async headDigest(signal) {
      const { message } = await send("HEAD", manifestPath, accept, signal);
      message.resume();
      return header(message, "docker-content-digest");
    },
    async manifest(signal) {
      const { message, url } = await send("GET", manifestPath, accept, signal);
      const body = await wholeBody(message, url, MAX_MANIFEST_BYTES);
      const digest = digestOf([body]);
      const said = header(message, "docker-content-digest");
      const expected = reference.digest ?? (said?.startsWith("sha256:") ? said : digest);
      if (digest !== expected) throw mismatch("manifest", expected, digest);
      return { digest, mediaType: header(message, "content-type") ?? "", body };
    },
    blob: (digest, signal) => send("GET", `blobs/${digest}`, "*/*", signal),
  };
}

export const mismatch = (what: string, expected: string, digest: string): SourceError =>
  new SourceError(
    "digest-mismatch",
    `the registry serves a ${what} of digest ${digest} where ${expected} was asked for`,
  );

function header(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return typeof value === "string" ? value : undefined;
}

async function statusError(
  message: IncomingMessage,
  url: URL,
  path: string,
  credentials: RegistryCredentials | undefined,
): Promise<SourceError> {
  const status = message.statusCode ?? 0;
  const body = await wholeBody(message, url, MAX_ERROR_BYTES).catch(() => Buffer.alloc(0));
  const detail = said(body);
  if (status === 401) return refused(credentials, detail);
  if (status === 403) return new SourceError("forbidden", `the registry forbids it${detail}`);
  if (status === 404) return new SourceError("not-found", `the registry has no ${thingAt(path)}${detail}`);
  const isPassing = status === 429 || status >= 500;
  return new SourceError(isPassing ? "unreachable" : "invalid", `the registry answers ${status}${detail}`);
}

function thingAt(path: string): string {
  const [kind = "", reference = ""] = path.split("/");
  if (kind === "manifests" && !reference.startsWith("sha256:")) return `tag ${reference} there`;
  return `${kind.replace(/s$/, "")} of digest ${reference} there`;
}

/** The first error's code, which is a word of the specification; messages are the registry's own, and left out. */
function said(body: Buffer): string {
  const code = /"code"\s*:\s*"([A-Z_]{1,40})"/.exec(body.toString("utf8"))?.[1];
  return code ? ` (${code})` : "";
}
