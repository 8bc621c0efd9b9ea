import type { Env } from "../../worker/env.ts";
import type { Alarms } from "./alarms.ts";
import type { Documents } from "./documents.ts";
import { type ClusterState, saveState } from "./state.ts";
import type { Statuses } from "./statuses.ts";

/** What the parts of a cluster's object share: its storage, its state, its clock. */
export class Heart {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly documents: Documents;
  readonly statuses: Statuses;
  readonly alarms: Alarms;
  /** Since when this memory lives: an object that sleeps loses it. */
  readonly awakeSince = Date.now();
  /** Undefined while the object does not know who it is. */
  state: ClusterState | undefined;

  constructor(parts: Pick<Heart, "ctx" | "env" | "documents" | "statuses" | "alarms" | "state">) {
    this.ctx = parts.ctx;
    this.env = parts.env;
    this.documents = parts.documents;
    this.statuses = parts.statuses;
    this.alarms = parts.alarms;
    this.state = parts.state;
  }

  get sql(): SqlStorage {
    return this.ctx.storage.sql;
  }

  now(): number {
    return Date.now();
  }

  /** @throws where the object does not know who it is: callers ask Lineage.ready() first */
  known(): ClusterState {
    if (!this.state) throw new Error("this object has no cluster");
    return this.state;
  }

  save(): void {
    saveState(this.sql, this.known());
  }

  /** All or nothing; the state in memory follows the storage. */
  transaction<T>(work: (state: ClusterState) => T): T {
    const before = { ...this.known() };
    try {
      return this.ctx.storage.transactionSync(() => {
        const result = work(this.known());
        this.save();
        return result;
      });
    } catch (error) {
      this.state = before;
      throw error;
    }
  }
}
