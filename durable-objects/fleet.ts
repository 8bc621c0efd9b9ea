import { DurableObject } from "cloudflare:workers";
import { eachAtOnce, inTime } from "../worker/bounded.ts";
import type { Env } from "../worker/env.ts";
import { clustersToSweep } from "../worker/store/aggregates.ts";
import { clusterStub, directory } from "../worker/store/database.ts";
import type { FleetRpc } from "./rpc.ts";

/** Unwatched silence becomes an event within about this time. */
export const SWEEP_MS = 10 * 60 * 1000;
/** Clusters of one alarm: an invocation may make 10,000 calls, and what remains goes with the next alarm at once. */
const CLUSTERS_A_ROUND = 2_000;
const CLUSTERS_AT_ONCE = 50;

/**
 * The fleet's one clock: it asks each cluster's object whether its agent fell silent. An alarm in each object would cost a
 * write each time, and the objects of idle clusters write nothing. It holds no list: who is asked stands in the database.
 */
export class FleetDO extends DurableObject<Env> implements FleetRpc {
  async watch(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + SWEEP_MS);
  }

  override async alarm(): Promise<void> {
    let next = Date.now() + SWEEP_MS;
    try {
      if (await this.sweepRound()) next = Date.now();
    } catch (error) {
      // The runtime gives an alarm up after six failures; this clock never may.
      console.error(JSON.stringify({ message: "the sweep of the fleet failed", error: String(error) }));
    }
    await this.ctx.storage.setAlarm(next);
  }

  /** @returns whether clusters remain for another round */
  private async sweepRound(): Promise<boolean> {
    const { kv } = this.ctx.storage;
    const after = kv.get<string>("after") ?? "";
    const ids = await clustersToSweep(directory(this.env), after, CLUSTERS_A_ROUND);
    await eachAtOnce(CLUSTERS_AT_ONCE, ids, (id) => this.ask(id));
    const last = ids.length === CLUSTERS_A_ROUND ? ids.at(-1) : undefined;
    if (last !== undefined) kv.put("after", last);
    else if (after !== "") kv.delete("after");
    return last !== undefined;
  }

  /** One that does not answer is asked again at the next sweep. */
  private async ask(id: string): Promise<void> {
    try {
      await inTime(clusterStub(this.env, id).sweep());
    } catch (error) {
      console.warn(
        JSON.stringify({ message: "a cluster was not swept", clusterId: id, error: String(error) }),
      );
    }
  }
}
