import { type PublishedEvent, publishedEventSchema } from "../protocol/events/envelope.ts";

/** The events in a batch's bodies, several in each. What is none, nobody of ours sent: it is logged and dropped. */
export function eventsIn(bodies: readonly unknown[]): PublishedEvent[] {
  return bodies.flat().flatMap((body) => {
    const { data, error } = publishedEventSchema.safeParse(body);
    if (data) return [data];
    console.error(JSON.stringify({ message: "a message is no event", issue: error?.issues[0]?.message }));
    return [];
  });
}
