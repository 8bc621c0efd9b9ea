import { sha256 } from "@noble/hashes/sha2.js";
import { logOf } from "../../domain/audit/entry.ts";
import { entryOf, identityOf } from "../../domain/kubernetes-audit/entry.ts";
import { holderOf } from "../../domain/kubernetes-audit/whose.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { appendEntries } from "../../queues/append-audit.ts";
import { inTime } from "../../worker/bounded.ts";
import { holdersOf } from "../../worker/store/cluster-audit.ts";
import { directory } from "../../worker/store/database.ts";
import type { Heart } from "./heart.ts";
import type { Pusher } from "./pusher.ts";

const utf8 = new TextEncoder();

/**
 * What a cluster's API server was asked, on its way to the logs of those whose namespaces it was in: tenants with an
 * environment there, else the cluster's owner, else the platform. No cluster writes anything else, nor elsewhere.
 */
export class ClusterAudit {
  readonly #heart: Heart;
  readonly #pusher: Pusher;
  #isTaking = false;

  constructor(heart: Heart, pusher: Pusher) {
    this.#heart = heart;
    this.#pusher = pusher;
  }

  /** Acked when the logs have it. What is not acked comes again; so does what comes while another is being taken. */
  async take(socket: WebSocket, frame: FrameOf<"audit">): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    try {
      await this.#append(frame);
      this.#pusher.sendFrame(socket, { t: "audit-ack", n: frame.n });
    } catch (error) {
      const { clusterId } = this.#heart.known();
      const message = "a cluster's audit events were not appended";
      console.warn(JSON.stringify({ message, clusterId, error: String(error) }));
    } finally {
      this.#isTaking = false;
    }
  }

  async #append({ items }: FrameOf<"audit">): Promise<void> {
    const { env } = this.#heart;
    const { clusterId } = this.#heart.known();
    const now = this.#heart.now();
    const namespaces = new Set(items.flatMap(({ namespace }) => namespace ?? []));
    const { held, ownerTenantId } = await inTime(holdersOf(directory(env), clusterId, [...namespaces]));
    const entries = items.map((fact) => {
      const at = Date.parse(fact.time);
      const holder = fact.namespace && holderOf(held, { clusterId, namespace: fact.namespace, at, now });
      const digest = sha256(utf8.encode(identityOf(clusterId, fact)));
      return entryOf(fact, { clusterId, tenantId: holder || ownerTenantId, digest, now });
    });
    const byLog = Map.groupBy(entries, logOf);
    await Promise.all([...byLog].map(([log, some]) => appendEntries(env, log, some)));
  }
}
