import type { DesiredState, StateStore } from "./state.ts";

/** What the agent remembers of the desired set from one start to the next, and writes down by and by. */
export interface Book {
  /** Undefined until the first snapshot was stored. */
  readonly state: DesiredState | undefined;
  /** Revision of the tombstone, or of the absence, that a key's objects are going by. */
  deletionOf(key: string): number | undefined;
  deletions(): IterableIterator<[string, number]>;
  deleting(key: string, revision: number): void;
  /** Their objects stay after all, or the manager knows that they are gone. */
  notDeleting(keys: readonly string[]): void;
  /** Everything up to `seq` of this epoch is stored or refused. */
  acked(epochId: string, seq: number, refused: boolean): void;
  /** Resolves when a new epoch is written down: from then on its snapshots may delete. */
  snapshotStored(
    state: Pick<DesiredState, "clusterId" | "epochId" | "epoch" | "seq" | "refused">,
  ): Promise<void>;
  /** Another control plane is followed from now on: nothing that is remembered speaks of its set. */
  forget(): void;
}

export function createBook(store: StateStore, loaded: DesiredState | undefined): Book {
  let state = loaded;
  /** Apart from the state, which does not exist yet when the first tombstone comes. */
  const deleting = new Map(Object.entries(loaded?.deleting ?? {}));

  const change = (patch: Partial<DesiredState>) => {
    if (!state) return;
    state = { ...state, ...patch };
    store.save(state);
  };
  const saveDeletions = () => change({ deleting: Object.fromEntries(deleting) });

  return {
    get state() {
      return state;
    },
    deletionOf: (key) => deleting.get(key),
    deletions: () => deleting.entries(),
    deleting(key, revision) {
      if (deleting.get(key) === revision) return;
      deleting.set(key, revision);
      saveDeletions();
    },
    notDeleting(keys) {
      const dropped = keys.map((key) => deleting.delete(key));
      if (dropped.includes(true)) saveDeletions();
    },
    acked(epochId, seq, refused) {
      if (state?.epochId !== epochId || (seq <= state.seq && (!refused || state.refused))) return;
      change({ seq: Math.max(seq, state.seq), refused: state.refused || refused });
    },
    forget() {
      state = undefined;
      deleting.clear();
    },
    async snapshotStored(stored) {
      const isNew = state?.epochId !== stored.epochId;
      const { clusterId, epochId, epoch, seq, refused } = stored;
      state = { clusterId, epochId, epoch, seq, refused, deleting: Object.fromEntries(deleting) };
      store.save(state);
      if (isNew) await store.flush();
    },
  };
}
