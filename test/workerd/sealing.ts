import type { Env } from "../../worker/env.ts";
import { type SealedPlace, sealer } from "../../worker/sealing/index.ts";
import { KeyCache } from "../../worker/sealing/key-cache.ts";

/** A place that no table has. */
export const place = (tenantId: string | null, id = "a", purpose = "test.secret"): SealedPlace =>
  ({ tenantId, purpose, id }) as SealedPlace;

/** Another isolate: it has no key in memory. @param now milliseconds since 1970, which the test moves */
export const isolate = (env: Env, now = (): number => Date.now()) =>
  sealer(env, { cache: new KeyCache(), now });

/** A key for KEY_RING, of 32 equal bytes. */
export const ringKey = (id: string, byte: number): string =>
  `${id}:${btoa(String.fromCharCode(...new Uint8Array(32).fill(byte)))}`;
