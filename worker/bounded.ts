/**
 * An object that answers takes milliseconds, and one that wakes and reads its set anew about a second. Who waits longer
 * holds up others that have no part in it; what was not answered is asked again, so a late effect must be harmless.
 */
export const OBJECT_TIMEOUT_MS = 5_000;

/** Whoever was asked did not answer in time; the call may still take effect. */
export class NoAnswer extends Error {}

/** @throws NoAnswer, or what `late` makes, where the work takes longer; it goes on by itself */
export async function inTime<T>(
  work: Promise<T>,
  limitMs = OBJECT_TIMEOUT_MS,
  late: () => Error = () => new NoAnswer(`no answer in ${limitMs} ms`),
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Works on so many items at a time. Where one throws, those under way end first, and no other begins. */
export async function eachAtOnce<T>(
  atOnce: number,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = shared(items);
  const workers = Array.from({ length: atOnce }, async () => {
    for await (const item of queue) await work(item);
  });
  for (const result of await Promise.allSettled(workers)) {
    if (result.status === "rejected") throw result.reason;
  }
}

/** One generator, so that its items go to whoever asks next. */
async function* shared<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* items;
}
