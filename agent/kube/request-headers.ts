import { KubeError } from "./errors.ts";
import { isDnsLabel, isDnsSubdomain } from "./names.ts";
import type { Identity, RequestOptions } from "./options.ts";

export type Headers = Record<string, string | string[]>;

/** A reserved header given by a caller would let it choose its own identity. */
const RESERVED =
  /^(authorization|impersonate-.*|audit-id|host|connection|transfer-encoding|content-length)$/i;

/**
 * Headers of an identity. An empty or malformed one is refused and never sent: the API server takes an empty
 * `Impersonate-User` for "no impersonation", and the request would act with the agent's own rights.
 */
export function identityHeaders(identity: Identity | undefined): Headers {
  if (identity === undefined) return {};
  if ("serviceAccount" in identity) return accountHeaders(identity);
  const { user, groups = [], uid, extra = {} } = identity;
  if (user.trim() === "") throw refused("an empty user");
  if (groups.some((group) => group.trim() === "")) throw refused("an empty group");
  const headers: Headers = { "Impersonate-User": wire(user) };
  if (groups.length > 0) headers["Impersonate-Group"] = groups.map(wire);
  if (uid !== undefined) headers["Impersonate-Uid"] = wire(uid);
  for (const [key, values] of Object.entries(extra)) {
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = values.map(wire);
  }
  return headers;
}

/** Of all requests of one graph, which has one identity. */
const accounts = new WeakMap<Identity, Headers>();

function accountHeaders(identity: Extract<Identity, { serviceAccount: string }>): Headers {
  const { namespace, serviceAccount } = identity;
  const known = accounts.get(identity);
  if (known) return known;
  if (!isDnsLabel(namespace) || !isDnsSubdomain(serviceAccount)) throw refused("not a ServiceAccount");
  const headers = { "Impersonate-User": `system:serviceaccount:${namespace}:${serviceAccount}` };
  accounts.set(identity, headers);
  return headers;
}

/** Identity and correlation of one request. The Audit-ID function is asked here, once. */
export function requestHeaders(options: RequestOptions): Headers {
  const id = typeof options.auditId === "function" ? options.auditId() : options.auditId;
  return { ...identityHeaders(options.as), ...(id ? { "Audit-ID": wire(id) } : {}) };
}

/** A caller's own headers, none of which may speak about identity or framing. */
export function callerHeaders(headers: Readonly<Record<string, string>> | undefined): Headers {
  for (const name of Object.keys(headers ?? {})) {
    if (RESERVED.test(name)) throw refused(`the header ${name}`);
  }
  return { ...headers };
}

/** Header bytes are UTF-8 on the wire; Node writes each character as one byte. */
function wire(value: string): string {
  if (/\p{Cc}/u.test(value)) throw refused("a control character in a header");
  return Buffer.from(value, "utf8").toString("latin1");
}

function refused(what: string): KubeError {
  return new KubeError(`request refused: ${what}`, { kind: "invalid", status: 0, reason: "BadRequest" });
}
