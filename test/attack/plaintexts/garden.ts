import type { ApiClient } from "../../lib/api.ts";
import type { Manager } from "../../manager/start.ts";
import type { Outside } from "./outside.ts";

/** What a plant works with. Clusters `planted-…` are its own to make. */
export interface Garden {
  manager: Manager;
  api: ApiClient;
  /** A new secret-like text, which nothing else holds. */
  fresh(): string;
  /** Host and port of OpenID providers. */
  oidc: string;
  /** Where the manager sends secrets to, and what sends them back. */
  outside: Outside;
  /** A request as it is, and its answer's text: for what is refused. */
  raw(
    method: string,
    path: string,
    init?: { headers?: Record<string, string>; body?: string },
  ): Promise<string>;
}

/** A name that nothing else has. @param random see Garden */
export const nameFrom = (random: string): string =>
  `planted-${random
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "")
    .slice(0, 12)}`;
