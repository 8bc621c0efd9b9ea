import { KubeNovaError } from "../../domain/errors/index.ts";
import { networkOf } from "../../domain/limits/network.ts";
import type { Env } from "../env.ts";
import { addressOf } from "./login.ts";

/**
 * What strangers' requests are counted by, each for itself: agents that enrol in a herd keep nobody of their network from
 * logging in. `open` is what reads no table.
 */
export type ShieldClass = "login" | "refresh" | "enrol" | "tunnel" | "open";

/** A new public route is held to this, until it says what it is. */
const DEFAULT_CLASS: ShieldClass = "login";

/** The platform's limiter says no more than that a minute's share is used up. */
const RETRY_AFTER_SECONDS = 60;

/**
 * Counts a request of which nothing is known but its network, before anything is read for it. Coarse, and for each of the
 * platform's locations; a limiter that does not answer lets in.
 *
 * @throws KubeNovaError KN-1600
 */
export async function passShield(
  { PUBLIC_SHIELD }: Pick<Env, "PUBLIC_SHIELD">,
  request: Request,
  shieldClass: ShieldClass = DEFAULT_CLASS,
): Promise<void> {
  const key = `${shieldClass} ${networkOf(addressOf(request))}`;
  const verdict = await PUBLIC_SHIELD?.limit({ key }).catch(() => undefined);
  if (!verdict || verdict.success) return;
  throw new KubeNovaError(
    "KN-1600",
    "Too many requests came from your network; try again after the time in Retry-After.",
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
