import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { selectEvents } from "../../store/event-queries.ts";
import { DEFAULT_PAGE_SIZE } from "../../store/pages.ts";
import { eventFrom, publishedOf } from "../../store/stored-event.ts";
import { openFeed } from "./feed.ts";
import { type EventQuery, eventExample, eventPageSchema, eventQuerySchema, filterOf } from "./schema.ts";
import { scopeOf } from "./scope.ts";

const EVENT_STREAM = "text/event-stream";

export const listEvents = defineRoute({
  method: "get",
  path: "/api/v1/events",
  operationId: "listEvents",
  tag: "events",
  summary: "List events, or follow them live",
  description:
    "In the order of their commits. With `Accept: text/event-stream` the answer stays open and gives each event as a " +
    "server-sent event whose id is the sequence number: from `cursor` or `Last-Event-ID` on, else from now. It ends " +
    "after 15 minutes at most; a client comes back with Last-Event-ID and misses nothing.",
  action: "event:list",
  query: eventQuerySchema,
  answers: {
    200: {
      description: "A page of events.",
      schema: eventPageSchema,
      example: { items: [eventExample], nextCursor: null },
    },
  },
  errors: ["KN-1009", "KN-1200", "KN-1600"],
  streams: true,
  async handler(call) {
    const scope = await scopeOf(call);
    const filter = filterOf(call.query, scope);
    if (wantsStream(call.request.headers.get("accept"))) return openFeed(call, filter);
    return listPage(call, filter);
  },
});

async function listPage(call: Call<unknown, EventQuery>, filter: ReturnType<typeof filterOf>) {
  const { query } = call;
  const limit = query.limit ? Number(query.limit) : DEFAULT_PAGE_SIZE;
  const after = query.cursor === undefined ? undefined : Number(query.cursor);
  const db = directory(call.env);
  const page = { after, order: query.order ?? "asc", limit: limit + 1 } as const;
  const [found] = await call.read(db, [selectEvents(db, filter, page)]);
  const events = (found?.results ?? []).map(eventFrom);
  const items = events.slice(0, limit).map(publishedOf);
  const nextCursor = events.length > limit ? String(items.at(-1)?.seq) : null;
  return { status: 200, body: { items, nextCursor } };
}

/** @throws KubeNovaError KN-1009 where neither JSON nor a stream of events is wanted */
function wantsStream(accept: string | null): boolean {
  const types = (accept ?? "*/*").split(",").map((part) => part.split(";")[0]?.trim().toLowerCase() ?? "");
  if (types.includes(EVENT_STREAM)) return true;
  if (types.some((type) => ["application/json", "application/*", "*/*"].includes(type))) return false;
  throw new KubeNovaError("KN-1009");
}
