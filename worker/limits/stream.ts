import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Bucket } from "../../domain/limits/bucket.ts";
import type { DoorRpc, StreamRequest } from "../../durable-objects/rpc.ts";
import { inTime } from "../bounded.ts";
import type { Env } from "../env.ts";
import { doorOf } from "./leases.ts";

/** Who waits for a stream to end tries again after this: nobody knows when it will. */
const RETRY_AFTER_SECONDS = 10;

/**
 * One open stream, counted where its tenant's are. As long as it lasts this isolate says so; when it ends, however it does,
 * the count is told, and where nobody is left to tell it, the count forgets the stream within a minute.
 */
export class CountedStream {
  readonly #door: DoorRpc;
  readonly #request: StreamRequest;
  readonly #waitUntil: (work: Promise<unknown>) => void;
  #isHeld = false;

  private constructor(door: DoorRpc, request: StreamRequest, waitUntil: (work: Promise<unknown>) => void) {
    this.#door = door;
    this.#request = request;
    this.#waitUntil = waitUntil;
  }

  /**
   * Counts one more stream. Where the count does not answer, it is let through: each cluster and each feed has a bound of its own.
   * @throws KubeNovaError KN-1603
   */
  static async open(
    env: Env,
    { principalId, ...bucket }: Bucket,
    id: string,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<CountedStream> {
    const door = doorOf(env, { principalId, ...bucket });
    const request = { id, principalId };
    const verdict = await inTime(door.openStream(request)).catch(() => ({ ok: true as const }));
    if (verdict.ok) return new CountedStream(door, request, waitUntil);
    const who = verdict.limit === "tenant" ? "The tenant has" : "You have";
    throw new KubeNovaError("KN-1603", `${who} as many streams open as are allowed: ${verdict.most}.`, {
      limit: verdict.limit,
      most: verdict.most,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  /** An answer holds it: it is counted until {@link end}. */
  hold(): void {
    this.#isHeld = true;
  }

  renew(): void {
    this.#tell((door) => door.renewStream(this.#request));
  }

  end(): void {
    this.#isHeld = false;
    this.release();
  }

  /** The stream is over, unless an answer holds it. */
  release(): void {
    if (!this.#isHeld) this.#tell((door) => door.closeStream(this.#request.id));
  }

  #tell(say: (door: DoorRpc) => Promise<void>): void {
    this.#waitUntil(inTime(say(this.#door)).catch(() => undefined));
  }
}
