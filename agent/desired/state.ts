import { z } from "zod";
import { STATE_CONFIG_MAP } from "../identity/own-objects.ts";
import { type Clock, isKind, type Kube } from "../kube/index.ts";
import { errorText, type Logger } from "../log.ts";

const stateSchema = z.object({
  /** Whose desired set this is: epochs compare within one cluster's id only. */
  clusterId: z.string().optional(),
  epochId: z.string(),
  epoch: z.int(),
  /** Everything up to this sequence number of the epoch is stored. An older one is harmless: more is sent again. */
  seq: z.int().min(0),
  /** Documents were refused: after a restart, a snapshot tries them again. */
  refused: z.boolean(),
  /** Keys whose deletion the manager asked for, with the tombstone's revision, until it knows that they are gone. */
  deleting: z.record(z.string(), z.int()),
});
export type DesiredState = z.infer<typeof stateSchema>;

/** At most one write in this time, and none without a change. */
export const SAVE_INTERVAL_MS = 2_000;
/** A cursor that alone has moved waits so long: an old one costs documents sent again, of which none is written. */
export const CURSOR_INTERVAL_MS = 300_000;
/** What a ConfigMap may hold is 1 MiB; a tombstone takes about 60 bytes. */
const MAX_DELETING = 10_000;

export interface StateStore {
  /** Undefined where there is none, or one that cannot be read: then a snapshot builds it anew. */
  load(): Promise<DesiredState | undefined>;
  /** Writes it soon; the last one wins. */
  save(state: DesiredState): void;
  /** Resolves when what was given to `save` is stored; rejects where the server does not take it. */
  flush(): Promise<void>;
}

export interface StateOptions {
  /** The client that may write the state's ConfigMap. */
  own: Pick<Kube, "get" | "apply">;
  namespace: string;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

export function createStateStore({ own, namespace, clock, log, signal }: StateOptions): StateStore {
  const ref = { apiVersion: "v1", kind: "ConfigMap", namespace, name: STATE_CONFIG_MAP };
  let wanted = "";
  let wantedRest = "";
  let stored = "";
  /** The stored state but for its cursor. */
  let storedRest = "";
  let dueAt = Number.POSITIVE_INFINITY;
  let writing: Promise<void> = Promise.resolve();

  const write = (): Promise<void> => {
    const next = writing
      .catch(() => {})
      .then(async () => {
        const text = wanted;
        const rest = wantedRest;
        if (text === stored) return;
        const { apiVersion, kind, name } = ref;
        await own.apply(
          { apiVersion, kind, metadata: { name, namespace }, data: { state: text } },
          { force: true },
        );
        stored = text;
        storedRest = rest;
      });
    writing = next;
    return next;
  };
  const isCursorAlone = () => wantedRest === storedRest;
  const writeAt = async (due: number, forCursor: boolean) => {
    try {
      await clock.sleep(due - clock.monotonic(), signal);
      // An earlier one may have taken its place.
      if (due !== dueAt) return;
      dueAt = Number.POSITIVE_INFINITY;
      // A flush may have written what this was for.
      if (forCursor || !isCursorAlone()) await write();
      else schedule();
    } catch (error) {
      if (signal.aborted) return;
      log.warn("the state could not be stored; a restart asks for more than it needs", {
        error: errorText(error),
      });
      schedule();
    }
  };
  const schedule = () => {
    if (wanted === stored || signal.aborted) return;
    const forCursor = isCursorAlone();
    const due = clock.monotonic() + (forCursor ? CURSOR_INTERVAL_MS : SAVE_INTERVAL_MS);
    if (due >= dueAt) return;
    dueAt = due;
    void writeAt(due, forCursor);
  };

  return {
    async load() {
      try {
        const { data } = (await own.get(ref)) as { data?: { state?: string } };
        const state = stateSchema.parse(JSON.parse(data?.state ?? ""));
        stored = wanted = JSON.stringify(state);
        storedRest = wantedRest = restOf(state);
        return state;
      } catch (error) {
        if (isKind(error, "notFound")) return undefined;
        if (!(error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
        log.warn("the stored state cannot be read; asking for a snapshot", { error: errorText(error) });
        return undefined;
      }
    },
    save(state) {
      const deleting = Object.entries(state.deleting).slice(-MAX_DELETING);
      const bounded = { ...state, deleting: Object.fromEntries(deleting) };
      wanted = JSON.stringify(bounded);
      wantedRest = restOf(bounded);
      schedule();
    },
    flush: write,
  };
}

const restOf = ({ seq: _, ...rest }: DesiredState): string => JSON.stringify(rest);
