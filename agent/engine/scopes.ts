import { type Clock, isKind, type Kube, type TypeRef } from "../kube/index.ts";
import type { Scope } from "./build.ts";

const RETRY_MS = 1_000;

/** Which kinds are namespaced, by discovery; a kind that the server does not know is asked for again each time. */
export function createScopes(
  kube: Kube,
  clock: Clock,
  signal: AbortSignal,
): (types: readonly TypeRef[]) => Promise<Scope> {
  const known = new Map<string, boolean>();
  const idOf = ({ apiVersion, kind }: TypeRef) => `${apiVersion}/${kind}`;

  const ask = async (type: TypeRef): Promise<void> => {
    while (!signal.aborted) {
      try {
        known.set(idOf(type), (await kube.resolve(type)).namespaced);
        return;
      } catch (error) {
        if (isKind(error, "noSuchKind")) return;
        await clock.sleep(RETRY_MS, signal).catch(() => {});
      }
    }
  };
  return async (types) => {
    const unknown = types.filter((type) => !known.has(idOf(type)));
    if (unknown.length > 0) await Promise.all(unknown.map(ask));
    return (type) => known.get(idOf(type));
  };
}
