import type { Env } from "../../worker/env.ts";
import { countedD1 } from "./d1.ts";
import { count } from "./tally.ts";

/** An operation of a queue is 64 KB of a message, begun or whole, with what the queue adds. */
const QUEUE_OPERATION_BYTES = 64_000;
const QUEUE_METADATA_BYTES = 100;
const encoder = new TextEncoder();

export const operationsOf = (body: unknown): number =>
  Math.ceil((encoder.encode(JSON.stringify(body)).byteLength + QUEUE_METADATA_BYTES) / QUEUE_OPERATION_BYTES);

/** The bindings, with what costs something counted; calls of objects are counted where they arrive. */
export const countedEnv = (env: Env, where: string): Env => ({
  ...env,
  DB: countedD1(env.DB, where),
  EVENTS: countedQueue(env.EVENTS),
  ARCHIVE: countedBucket(env.ARCHIVE, where === "audit" ? "audit.r2" : "r2"),
});

const countedQueue = (real: Env["EVENTS"]): Env["EVENTS"] =>
  ({
    metrics: () => real.metrics(),
    sendBatch: async (messages: Iterable<MessageSendRequest<never>>) => {
      const all = [...messages];
      count("queue.messages", all.length);
      for (const { body } of all) count("queue.writes", operationsOf(body));
      return real.sendBatch(all);
    },
  }) as unknown as Env["EVENTS"];

/** Class A changes state or lists, class B reads; deleting is free. */
const countedBucket = (real: R2Bucket, name: "r2" | "audit.r2"): R2Bucket =>
  new Proxy(real, {
    get(target, method) {
      const value = Reflect.get(target, method) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (method === "put" || method === "list" || method === "createMultipartUpload")
          count(`${name}.classA`);
        if (method === "get" || method === "head") count(`${name}.classB`);
        return value.apply(target, args);
      };
    },
  });
