import { decideLineage, type Lineage as Epoch } from "../../domain/cluster/lineage.ts";
import { claimEpoch, isClaimed, moveEpoch } from "../../worker/store/cluster-lineage.ts";
import { directory } from "../../worker/store/database.ts";
import { clusterIdentity } from "../../worker/store/desired.ts";
import type { ClusterIdentity } from "../rpc.ts";
import { beginEpoch, rebuild } from "./epoch.ts";
import type { Heart } from "./heart.ts";
import { newState, saveState } from "./state.ts";
import { migrate } from "./tables.ts";
import { markDiverged } from "./witness.ts";

/** Strangers may make us look for a key that is not there yet, but not more often than this. */
const REFRESH_MS = 1000;

/**
 * Who the object is, and which epoch its set belongs to: the truth table stands above decideLineage. Before any hello is
 * answered the set is whole: an epoch that begins is rebuilt from D1 first.
 */
export class LineageKeeper {
  readonly #heart: Heart;
  /** Called where what the agent holds belongs to another epoch now, or the cluster is gone. */
  readonly #onChange: (change: "epoch" | "deleted") => void;
  #establishing: Promise<boolean> | undefined;
  #refreshedAt = 0;
  #forStrangers: Promise<void> | undefined;

  constructor(heart: Heart, onChange: (change: "epoch" | "deleted") => void) {
    this.#heart = heart;
    this.#onChange = onChange;
  }

  /** @returns false where no cluster has this id: then nothing was stored @throws where D1 does not answer */
  ready(): Promise<boolean> {
    if (this.#heart.state && this.#heart.state.rebuildAfter === null) return Promise.resolve(true);
    this.#establishing ??= this.#establish().finally(() => {
      this.#establishing = undefined;
    });
    return this.#establishing;
  }

  async #establish(): Promise<boolean> {
    if (!this.#heart.state) {
      const identity = await this.#read();
      if (!identity) return false;
      await this.#settle(identity);
    }
    await rebuild(this.#heart);
    return true;
  }

  /** The row changed, says a message that may be old: what does not fit what is held is read anew. */
  async identify(given: ClusterIdentity): Promise<void> {
    const held = this.#heart.state;
    if (!held) {
      if (!given.deleted) await this.ready();
      return;
    }
    const sameEpoch = given.epochId === held.epochId && given.epoch === held.epoch;
    if (sameEpoch && given.version >= held.version) return this.#apply(given);
    await this.refresh();
  }

  /** Reads the row and its keys from D1, and obeys. */
  async refresh(): Promise<void> {
    this.#refreshedAt = this.#heart.now();
    const identity = await this.#read();
    if (!identity) return;
    await this.#settle(identity);
    await this.ready();
  }

  /** {@link refresh} for a key that is not known: all strangers of a while share one, which begins after they asked. */
  refreshForStranger(): Promise<void> {
    this.#forStrangers ??= this.#refreshSoon();
    return this.#forStrangers;
  }

  async #refreshSoon(): Promise<void> {
    const wait = this.#refreshedAt + REFRESH_MS - this.#heart.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    this.#forStrangers = undefined;
    await this.refresh();
  }

  /** A new epoch above the one held: this object's set cannot be trusted to know what the agent has. */
  async renew(): Promise<void> {
    const { clusterId, epoch, epochId } = this.#heart.known();
    await beginEpoch(this.#heart, clusterId, { epoch, epochId }, epoch + 1);
    await this.refresh();
  }

  #read(): Promise<ClusterIdentity | undefined> {
    const id = this.#heart.ctx.id.name;
    return id ? clusterIdentity(directory(this.#heart.env), id) : Promise.resolve(undefined);
  }

  async #settle(identity: ClusterIdentity): Promise<void> {
    const { env, state: held } = this.#heart;
    const db = directory(env);
    const row: Epoch = { epoch: identity.epoch, epochId: identity.epochId };
    const claimed = held !== undefined || (await isClaimed(db, identity.clusterId));
    const decision = decideLineage(held, { ...row, claimed });
    if (decision.kind === "renew") {
      const to = await beginEpoch(this.#heart, identity.clusterId, row, decision.epoch);
      return this.#take(identity, to);
    }
    if (decision.kind === "adopt") await db.batch(claimEpoch(db, identity.clusterId, row, this.#heart.now()));
    if (decision.kind === "adopt" || decision.kind === "follow") return this.#take(identity, row);
    if (decision.kind === "tell" && held) {
      await db.batch(moveEpoch(db, identity.clusterId, row, held, this.#heart.now()));
      markDiverged(this.#heart);
    }
    this.#apply(identity);
  }

  /** Begins with an empty set in an epoch. Session numbers go on: what an older socket says stays old. */
  #take(identity: ClusterIdentity, epoch: Epoch): void {
    const { ctx, documents, state: held } = this.#heart;
    migrate(ctx.storage, this.#heart.now());
    const state = {
      ...newState(identity, epoch),
      session: held?.session ?? 0,
      announced: held?.announced ?? 0,
    };
    ctx.storage.transactionSync(() => {
      documents.clear(state);
      saveState(this.#heart.sql, state);
    });
    this.#heart.state = state;
    this.#apply(identity);
    this.#onChange("epoch");
  }

  #apply(identity: ClusterIdentity): void {
    const { sql } = this.#heart;
    this.#heart.transaction((state) => {
      const { name, mode, deleted, version } = identity;
      Object.assign(state, { name, mode, deleted, version });
      sql.exec("DELETE FROM keys");
      for (const key of identity.keys) sql.exec("INSERT INTO keys VALUES (?, ?)", key.publicKey, key.kubeUid);
    });
    if (identity.deleted) this.#onChange("deleted");
  }
}
