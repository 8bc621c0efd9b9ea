import type { PublishedEvent } from "../../protocol/events/envelope.ts";
import { apiRaw } from "./api.ts";

export interface ServerSentEvent {
  id: number;
  event: string;
  data: PublishedEvent;
}

/** A reader of the live feed, as a browser's EventSource would be. */
export async function openEvents(path: string, headers: Record<string, string> = {}) {
  const response = await apiRaw("GET", path, { headers: { accept: "text/event-stream", ...headers } });
  if (response.status !== 200 || !response.body) {
    throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<string> => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return block;
      }
      const { value, done } = await reader.read();
      if (done) throw new Error("the feed ended");
      text += value;
    }
  };
  // The first block says how soon to come back; from then on the feed's cursor stands.
  await next();
  return {
    /** The next `count` events, in the order in which they came. */
    async take(count: number): Promise<ServerSentEvent[]> {
      const events: ServerSentEvent[] = [];
      while (events.length < count) {
        const event = parseBlock(await next());
        if (event) events.push(event);
      }
      return events;
    },
    close: () => reader.cancel(),
  };
}

function parseBlock(block: string): ServerSentEvent | undefined {
  const fields = new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data = fields.get("data");
  if (data === undefined) return undefined;
  return {
    id: Number(fields.get("id")),
    event: fields.get("event") ?? "",
    data: JSON.parse(data) as PublishedEvent,
  };
}
