import { EVENTS, type EventType } from "./catalogue.ts";
import { eventSchema, type JsonSchema } from "./json-schema.ts";

/** The AsyncAPI 3 document of everything that is told to the outside. @param fixtures recorded events by type */
export function asyncApiDocument(fixtures: Record<string, unknown>): JsonSchema {
  const types = Object.keys(EVENTS) as EventType[];
  const references = (channel: string) =>
    types.map((type) => ({ $ref: `#/channels/${channel}/messages/${messageName(type)}` }));
  return {
    asyncapi: "3.0.0",
    info: {
      title: "KubeNova events",
      version: "1.0.0",
      description:
        "What happened, told after it was committed. Delivery is at least once: an event is known by its `id`, and observers order by `seq`. Within a version a schema only gains optional fields.",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    channels: {
      queue: {
        address: "kubenova-events",
        title: "Queue to the outside",
        description:
          "A message is a JSON array of events: those of one delivery, up to 60 KB. Where the data is too large for a message, `data` is empty and `dataRef` is the path of the whole event at the API.",
        messages: messageReferences(types),
      },
      feed: {
        address: "/api/v1/events",
        title: "Live feed",
        description:
          "Server-sent events: `id` is the sequence number, `event` the type, `data` the event. Last-Event-ID resumes.",
        messages: messageReferences(types),
      },
    },
    operations: {
      publishToQueue: operation("queue", references("queue")),
      streamToListener: operation("feed", references("feed")),
    },
    components: {
      messages: Object.fromEntries(types.map((type) => [messageName(type), message(type, fixtures[type])])),
      schemas: Object.fromEntries(types.map((type) => [schemaName(type), eventSchema(type)])),
    },
  };
}

/** Keys of AsyncAPI maps are letters, digits, '.', '_' and '-': types are so already. */
const messageName = (type: EventType): string => type;
const schemaName = (type: EventType): string => `${type}.v${EVENTS[type].version}`;

const messageReferences = (types: EventType[]): JsonSchema =>
  Object.fromEntries(
    types.map((type) => [messageName(type), { $ref: `#/components/messages/${messageName(type)}` }]),
  );

const operation = (channel: string, messages: JsonSchema[]): JsonSchema => ({
  action: "send",
  channel: { $ref: `#/channels/${channel}` },
  messages,
});

const message = (type: EventType, fixture: unknown): JsonSchema => ({
  name: type,
  title: type,
  summary: EVENTS[type].summary,
  contentType: "application/json",
  correlationId: {
    description: "From the request to everything that came of it.",
    location: "$message.payload#/correlationId",
  },
  payload: { $ref: `#/components/schemas/${schemaName(type)}` },
  ...(fixture ? { examples: [{ name: "recorded", payload: fixture }] } : {}),
});
