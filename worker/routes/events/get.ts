import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findEvent } from "../../store/event-queries.ts";
import { eventFrom, publishedOf } from "../../store/stored-event.ts";
import { eventExample, eventParams, eventSchema } from "./schema.ts";

const NO_EVENT = "There is no such event, or it is no longer kept here.";

export const getEvent = defineRoute({
  method: "get",
  path: "/api/v1/events/{event}",
  operationId: "getEvent",
  tag: "events",
  summary: "Get an event",
  action: "event:get",
  params: eventParams,
  answers: { 200: { description: "The event.", schema: eventSchema, example: eventExample } },
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findEvent(db, call.params.event)]);
    const row = found?.results[0];
    const event = row && eventFrom(row);
    call.authorize(event?.tenantId ? { tenantId: event.tenantId } : {}, NO_EVENT);
    if (!event) throw new KubeNovaError("KN-1200", NO_EVENT);
    return { status: 200, body: publishedOf(event) };
  },
});
