import { z } from "zod";
import { EVENTS, type EventType } from "./catalogue.ts";
import { publishedEventSchema } from "./envelope.ts";

export type JsonSchema = Record<string, unknown>;

/** JSON schema of an event's data, as it is read. */
export const dataSchema = (type: EventType): JsonSchema => plain(EVENTS[type].data);

/** JSON schema of a whole event as it goes outside, its type and version fixed. */
export function eventSchema(type: EventType): JsonSchema {
  const { version, data } = EVENTS[type];
  return plain(publishedEventSchema.extend({ type: z.literal(type), version: z.literal(version), data }));
}

function plain(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { target: "draft-7", reused: "inline" });
  return rest;
}
