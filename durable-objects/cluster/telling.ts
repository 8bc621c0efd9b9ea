import { ulid } from "ulid";
import { formatId } from "../../domain/ids/index.ts";
import { UNKNOWN_AFTER_MS } from "../../protocol/tunnel/limits.ts";
import { project } from "../../queues/project.ts";
import { markConnected, writeObserved } from "../../worker/store/cluster-lineage.ts";
import { directory, fleetStub } from "../../worker/store/database.ts";
import type { NewEvent } from "../../worker/store/events.ts";
import type { Liveness } from "../rpc.ts";
import type { Heart } from "./heart.ts";
import { record } from "./record.ts";

/** Projections are coalesced: D1 hears of a cluster's releases at most this often. */
export const PROJECT_EVERY_MS = 1000;
const PROJECT_BATCH = 200;
const TOLD_ORPHANS = 100;

/** What D1 is told: statuses of releases, what the cluster says of itself, and who came or went. Each is tried again until it holds. */
export class Telling {
  readonly #heart: Heart;
  readonly #liveness: () => Liveness;
  #projectedAt = 0;

  constructor(heart: Heart, liveness: () => Liveness) {
    this.#heart = heart;
    this.#liveness = liveness;
  }

  projectSoon(now: number): void {
    this.#heart.alarms.due("project", Math.max(now, this.#projectedAt + PROJECT_EVERY_MS));
  }

  async project(now: number): Promise<void> {
    const { statuses, env, alarms } = this.#heart;
    const { clusterId, epoch } = this.#heart.known();
    const rows = statuses.unprojected(PROJECT_BATCH);
    // A restored database counts its revisions anew: what is said of ours would be read as said of others.
    if (rows.length === 0 || this.#heart.known().diverged) return;
    this.#projectedAt = now;
    await project(env, { clusterId, epoch, items: rows });
    if (this.#heart.known().epoch !== epoch) return;
    this.#heart.transaction(() => statuses.projected(rows));
    if (rows.length === PROJECT_BATCH) alarms.due("project", now + PROJECT_EVERY_MS);
  }

  /** Whether D1 is to hear of something, and nobody has it in hand. A socket that has just closed has its time to come back. */
  isBehind(now: number): boolean {
    const { announced, observedDirty, orphansAnnounced, epoch } = this.#heart.known();
    const { connected, lastSeenAt } = this.#liveness();
    const silent = !connected && now - (lastSeenAt ?? 0) > UNKNOWN_AFTER_MS;
    if (announced === 0 ? connected : silent) return true;
    if (observedDirty && !this.#heart.alarms.stands("announce")) return true;
    return orphansAnnounced !== epoch && this.#heart.statuses.orphans(1).length > 0;
  }

  /** Brings D1 to what is so. Where nothing changed, nothing is written anywhere. */
  async announce(now: number): Promise<void> {
    const state = this.#heart.known();
    const db = directory(this.#heart.env);
    const news = [...this.#presence(now), ...this.#orphans()];
    const statements: D1PreparedStatement[] = [];
    if (news.some(({ type }) => type === "evt.cluster.connected")) {
      // Before the row says so: a cluster that counts as connected is swept.
      await fleetStub(this.#heart.env).watch();
      statements.push(markConnected(db, state.clusterId, now));
    }
    const { capabilities, inventory, agentVersion, observedDirty, epoch } = state;
    if (observedDirty)
      statements.push(writeObserved(db, state.clusterId, { capabilities, inventory, agentVersion }));
    if (statements.length + news.length === 0) return;
    const { env, ctx } = this.#heart;
    const correlationId = formatId("request", ulid(now));
    await record(env, ctx, { clusterId: state.clusterId, statements, events: news, correlationId, now });
    this.#heart.transaction((current) => {
      for (const event of news) {
        if (event.type === "evt.cluster.connected") current.announced = event.data.session;
        if (event.type === "evt.cluster.disconnected") current.announced = 0;
        if (event.type === "evt.cluster.orphaned") current.orphansAnnounced = epoch;
      }
      // What the agent said meanwhile is told by its own due task.
      if (current.capabilities === capabilities && current.inventory === inventory)
        current.observedDirty = false;
    });
  }

  #presence(now: number): NewEvent[] {
    const { announced, clusterId, epoch, agentVersion, deleted } = this.#heart.known();
    const { connected, session, lastSeenAt } = this.#liveness();
    const subject = `cluster/${clusterId}`;
    if (connected && announced === 0) {
      return [
        { type: "evt.cluster.connected", tenantId: null, subject, data: { session, epoch, agentVersion } },
      ];
    }
    if (connected || announced === 0) return [];
    const reason = deleted ? "the cluster was deleted" : silence(lastSeenAt, now);
    return [
      {
        type: "evt.cluster.disconnected",
        tenantId: null,
        subject,
        data: {
          session: announced,
          lastSeenAt: lastSeenAt === null ? null : new Date(lastSeenAt).toISOString(),
          reason,
        },
      },
    ];
  }

  #orphans(): NewEvent[] {
    const { orphansAnnounced, clusterId, epoch } = this.#heart.known();
    if (orphansAnnounced === epoch) return [];
    const keys = this.#heart.statuses.orphans(TOLD_ORPHANS).map(({ key }) => key);
    if (keys.length === 0) return [];
    const count = this.#heart.statuses.countOrphans();
    return [
      {
        type: "evt.cluster.orphaned",
        tenantId: null,
        subject: `cluster/${clusterId}`,
        data: { epoch, count, keys },
      },
    ];
  }
}

const silence = (lastSeenAt: number | null, now: number): string =>
  lastSeenAt === null
    ? "the agent's socket is closed"
    : `nothing was heard of the agent for ${Math.round((now - lastSeenAt) / 1000)} s`;
