import type { Env } from "../worker/env.ts";
import { archive } from "./archive.ts";
import { recordDead } from "./dead.ts";
import { retryDelaySeconds } from "./retry.ts";

type Consumer = (env: Env, messages: readonly unknown[], now: number) => Promise<void>;

const CONSUMERS: Record<string, Consumer> = {
  "kubenova-events": archive,
  "kubenova-events-dead": recordDead,
};

/** Gives a batch to its queue's consumer. Where that fails, each message comes again later, with growing delay. */
export async function consume(batch: MessageBatch, env: Env): Promise<void> {
  const consumer = CONSUMERS[batch.queue];
  if (!consumer) throw new Error(`no consumer for the queue ${batch.queue}`);
  try {
    await consumer(
      env,
      batch.messages.map(({ body }) => body),
      Date.now(),
    );
    batch.ackAll();
  } catch (error) {
    console.warn(JSON.stringify({ message: "consumer failed", queue: batch.queue, error: String(error) }));
    for (const message of batch.messages) {
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts, Math.random()) });
    }
  }
}
