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

/** At most one write in this time, and none without a change: acks come far more often. */
export const SAVE_INTERVAL_MS = 2_000;
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
  own: Kube;
  namespace: string;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

export function createStateStore({ own, namespace, clock, log, signal }: StateOptions): StateStore {
  const ref = { apiVersion: "v1", kind: "ConfigMap", namespace, name: STATE_CONFIG_MAP };
  let wanted = "";
  let stored = "";
  let waiting = false;
  let writing: Promise<void> = Promise.resolve();

  const write = (): Promise<void> => {
    const next = writing
      .catch(() => {})
      .then(async () => {
        const text = wanted;
        if (text === stored) return;
        const { apiVersion, kind, name } = ref;
        await own.apply(
          { apiVersion, kind, metadata: { name, namespace }, data: { state: text } },
          { force: true },
        );
        stored = text;
      });
    writing = next;
    return next;
  };
  const writeLater = async () => {
    try {
      await clock.sleep(SAVE_INTERVAL_MS, signal);
      waiting = false;
      await write();
    } catch (error) {
      waiting = false;
      if (signal.aborted) return;
      log.warn("the state could not be stored; a restart asks for more than it needs", {
        error: errorText(error),
      });
      schedule();
    }
  };
  const schedule = () => {
    if (waiting || wanted === stored || signal.aborted) return;
    waiting = true;
    void writeLater();
  };

  return {
    async load() {
      try {
        const { data } = (await own.get(ref)) as { data?: { state?: string } };
        const state = stateSchema.parse(JSON.parse(data?.state ?? ""));
        stored = wanted = JSON.stringify(state);
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
      wanted = JSON.stringify({ ...state, deleting: Object.fromEntries(deleting) });
      schedule();
    },
    flush: write,
  };
}
