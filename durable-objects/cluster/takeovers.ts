import { ulid } from "ulid";
import { formatId } from "../../domain/ids/index.ts";
import { CLOSE } from "../../protocol/tunnel/limits.ts";
import type { Heart } from "./heart.ts";
import { record } from "./record.ts";
import type { AgentAttachment } from "./sockets.ts";

/** Two agents that fight are one event, and then one more with their count, however often they take turns. */
export const TAKEOVERS_TOLD_EVERY_MS = 10 * 60_000;

/**
 * Sessions that were taken from an agent that was still there. A newer session also replaces one whose agent lost its
 * network or its machine, which is nothing to tell of, and whose last ping says no more than that it was there lately.
 * What tells the two apart is the end of the older socket: only an agent that is alive answers the close frame, with
 * its code; one that dialled anew itself has let go of the older socket before.
 */
export class Takeovers {
  readonly #heart: Heart;

  constructor(heart: Heart) {
    this.#heart = heart;
  }

  /** A socket of an agent is closed by both sides. Writes only where it was a takeover. */
  closed(agent: AgentAttachment, code: number): void {
    const { state, alarms } = this.#heart;
    const wasFenced = agent.phase === "closed" && agent.session > 0 && code === CLOSE.fenced;
    if (!wasFenced || !state || state.deleted) return;
    const now = this.#heart.now();
    this.#heart.transaction((current) => {
      current.takeovers += 1;
      current.takenSession = agent.session;
      current.takenAt = now;
    });
    alarms.due("takeovers", Math.max(now, state.takeoversToldAt + TAKEOVERS_TOLD_EVERY_MS));
  }

  async tell(now: number): Promise<void> {
    const { env, ctx, alarms } = this.#heart;
    const { clusterId, session, takeovers, takenSession, takenAt } = this.#heart.known();
    if (takeovers === 0) return;
    const lastAt = new Date(takenAt).toISOString();
    await record(env, ctx, {
      clusterId,
      statements: [],
      events: [
        {
          type: "evt.cluster.session-replaced",
          tenantId: null,
          subject: `cluster/${clusterId}`,
          data: { session, replacedSession: takenSession, count: takeovers, lastAt },
        },
      ],
      correlationId: formatId("request", ulid(now)),
      now,
    });
    this.#heart.transaction((current) => {
      current.takeovers -= takeovers;
      current.takeoversToldAt = now;
    });
    if (this.#heart.known().takeovers > 0) alarms.due("takeovers", now + TAKEOVERS_TOLD_EVERY_MS);
  }
}
