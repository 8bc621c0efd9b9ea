import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";

/** Bytes of an unread body that are still taken: more than any route's limit, so that who is a little over hears why. */
const MAX_DISCARDED_BYTES = 8 * 1024 * 1024;
/** A sender that is slower hears nothing but the end of its connection. */
const DISCARD_TIME_LIMIT_MS = 2_000;

/**
 * Takes in and forgets a body that nobody read. A sender that is cut off while it still writes sees a broken
 * connection, or a proxy's 500 or 502, and never the refusal that it was given.
 */
export const discardUnreadBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { body } = c.req.raw;
  if (body && !body.locked) await discard(body).catch(() => undefined);
};

async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const timer = setTimeout(() => reader.cancel().catch(() => undefined), DISCARD_TIME_LIMIT_MS);
  try {
    for (let length = 0; length <= MAX_DISCARDED_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.length;
    }
    await reader.cancel();
  } finally {
    clearTimeout(timer);
  }
}
