import { createHash } from "node:crypto";
import type { Agent } from "node:http";
import type { Clock } from "./clock.ts";
import type { ConnectTarget } from "./types.ts";

export type TlsMaterial = ConnectTarget["tls"];

/** Everything one connection needs to be let in. Secret: never logged. */
export interface Credentials {
  headers: Readonly<Record<string, string>>;
  tls: TlsMaterial;
  /** Set where the kubeconfig asks for a proxy; else the transport makes its own. */
  agent?: Agent;
}

export interface CredentialSource {
  readonly server: URL;
  /** Reads them anew. `refused` is true after a 401: what the source itself remembers is not good any more. */
  read(refused: boolean): Promise<Credentials>;
}

export interface CredentialCache {
  readonly server: URL;
  current(): Promise<Credentials>;
  /** The server answered 401 to these: the next `current` reads anew, unless somebody has done so already. */
  reject(used: Credentials): void;
}

/** Bound ServiceAccount tokens live an hour and are rotated at 80 %; client-go re-reads once a minute as well. */
const REREAD_MS = 60_000;

export function cacheCredentials(source: CredentialSource, clock: Clock): CredentialCache {
  let held: { credentials: Credentials; readAt: number } | undefined;
  let refused = false;
  let reading: Promise<Credentials> | undefined;

  const read = async (): Promise<Credentials> => {
    const wasRefused = refused;
    try {
      const credentials = await source.read(wasRefused);
      refused = false;
      held = { credentials: sameAs(held?.credentials, credentials), readAt: clock.monotonic() };
    } catch (error) {
      // A token file that is being replaced must not fail requests while the last token still holds.
      if (held === undefined || wasRefused) throw error;
      held = { ...held, readAt: clock.monotonic() };
    }
    return held.credentials;
  };

  return {
    server: source.server,
    async current() {
      if (held && !refused && clock.monotonic() - held.readAt < REREAD_MS) return held.credentials;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    reject(used) {
      if (held?.credentials === used) refused = true;
    },
  };
}

/** Names the TLS material, so that connections are pooled by it and dropped when it rotates. */
export function tlsKey(tls: TlsMaterial): string {
  const hash = createHash("sha256");
  for (const part of [tls.ca, tls.cert, tls.key]) hash.update(part ?? "").update("\0");
  return hash.update(`${tls.servername ?? ""}\0${tls.rejectUnauthorized ?? true}`).digest("hex");
}

/** Keeps the identity of unchanged credentials, so that `reject` can tell old from new. */
function sameAs(old: Credentials | undefined, fresh: Credentials): Credentials {
  const same =
    old?.headers.Authorization === fresh.headers.Authorization &&
    tlsKey(old?.tls ?? {}) === tlsKey(fresh.tls);
  return old !== undefined && same ? old : fresh;
}
