import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asyncApiDocument } from "../protocol/events/asyncapi.ts";
import { EVENTS, type EventType } from "../protocol/events/catalogue.ts";
import { type Landed, landedKey } from "../protocol/events/compat.ts";
import { dataSchema } from "../protocol/events/json-schema.ts";
import { ROOT } from "../test/manager/bundle.ts";

const FIXTURES = join(ROOT, "protocol/events/fixtures");
const LANDED = join(ROOT, "protocol/events/landed.json");
export const ASYNCAPI = join(ROOT, "docs/asyncapi.json");

/** Recorded events by `type@version`, as their files are named. */
export const readFixtures = (): Record<string, unknown> =>
  Object.fromEntries(
    readdirSync(FIXTURES).map((name) => [
      name.replace(/\.json$/, ""),
      JSON.parse(readFileSync(join(FIXTURES, name), "utf8")),
    ]),
  );

/** Data schemas as the code has them now. */
export const currentSchemas = (): Landed =>
  Object.fromEntries(
    (Object.keys(EVENTS) as EventType[]).map((type) => [
      landedKey(type, EVENTS[type].version),
      dataSchema(type),
    ]),
  );

export const readLanded = (): Landed => JSON.parse(readFileSync(LANDED, "utf8")) as Landed;

export const writeLanded = (landed: Landed): void => {
  const sorted = Object.fromEntries(Object.entries(landed).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(LANDED, `${JSON.stringify(sorted, null, 2)}\n`);
};

/** Text of docs/asyncapi.json as it should be. */
export function asyncApiText(): string {
  const fixtures = readFixtures();
  const byType = (Object.keys(EVENTS) as EventType[]).map((type) => [
    type,
    fixtures[landedKey(type, EVENTS[type].version)],
  ]);
  return `${JSON.stringify(asyncApiDocument(Object.fromEntries(byType)), null, 2)}\n`;
}
