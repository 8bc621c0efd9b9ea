import type { SeenGraph } from "../../engine/context.ts";
import { hashOf } from "../../engine/model.ts";

/**
 * Hash of the nodes that each graph holds, computed once a generation: a graph's status changes often, its nodes hardly
 * ever. What was just written counts as it was meant, whatever the API server made of its nulls.
 */
export interface HeldNodes {
  /** Undefined while the nodes are not known. */
  hash(live: SeenGraph): string | undefined;
  wrote(key: string, live: SeenGraph, hash: string): void;
  forget(key: string): void;
}

interface Held {
  uid: string;
  generation: number | undefined;
  hash: string;
}

export function createHeldNodes(): HeldNodes {
  const held = new Map<string, Held>();
  const keep = (key: string, { metadata: { uid, generation } }: SeenGraph, hash: string) =>
    held.set(key, { uid, generation, hash });
  return {
    hash(live) {
      const key = `${live.metadata.namespace}/${live.metadata.name}`;
      const known = held.get(key);
      if (known?.uid === live.metadata.uid && known.generation === live.metadata.generation)
        return known.hash;
      if (!live.spec.nodes) return undefined;
      const hash = hashOf(live.spec.nodes);
      keep(key, live, hash);
      return hash;
    },
    wrote: (key, live, hash) => void keep(key, live, hash),
    forget: (key) => void held.delete(key),
  };
}
