import { type Identity, isKind, type LiveObject, type ObjectRef } from "../kube/index.ts";
import type { EngineContext } from "./context.ts";

/** One object as it is now: with the agent's rights, else with those of the identity that writes it. */
export async function readLive(
  { kube, signal }: Pick<EngineContext, "kube" | "signal">,
  ref: ObjectRef,
  as: Identity | undefined,
): Promise<LiveObject> {
  try {
    return await kube.get(ref, { signal });
  } catch (error) {
    if (!as || !isKind(error, "forbidden")) throw error;
    return kube.get(ref, { signal, as });
  }
}
