import { readFileSync } from "node:fs";
import specification from "@asyncapi/specs/schemas/3.0.0.json" with { type: "json" };
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { EVENTS, isEventType } from "../protocol/events/catalogue.ts";
import { breakingChanges, type Landed } from "../protocol/events/compat.ts";
import { publishedEventSchema } from "../protocol/events/envelope.ts";
import { ASYNCAPI, asyncApiText, currentSchemas, readFixtures, readLanded } from "./events.ts";

const fixtures = readFixtures();

describe("recorded events", () => {
  it("are there for each type and version that has landed, and no other", () => {
    expect(Object.keys(fixtures).sort()).toEqual(Object.keys(readLanded()).sort());
  });

  it.each(Object.entries(fixtures))("%s is as its schema says", (name, fixture) => {
    const event = publishedEventSchema.parse(fixture);
    expect(`${event.type}@${event.version}`).toBe(name);
    if (!isEventType(event.type)) throw new Error(`${event.type} is not in the catalogue`);
    if (event.version === EVENTS[event.type].version) EVENTS[event.type].data.parse(event.data);
  });
});

describe("docs/asyncapi.json", () => {
  it("is what `node scripts/asyncapi.ts` writes", () => {
    expect(readFileSync(ASYNCAPI, "utf8")).toBe(asyncApiText());
  });

  it("is a valid AsyncAPI 3 document", () => {
    // The specification brings the JSON schema dialect itself.
    const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false });
    const valid = ajv.compile(specification)(JSON.parse(asyncApiText()));
    expect(valid).toBe(true);
  });

  it("has an example of each message that its schema takes", () => {
    const { components } = JSON.parse(asyncApiText()) as {
      components: {
        messages: Record<string, { payload: { $ref: string }; examples: { payload: unknown }[] }>;
        schemas: Record<string, object>;
      };
    };
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const message of Object.values(components.messages)) {
      const schema = components.schemas[message.payload.$ref.split("/").at(-1) ?? ""] ?? false;
      expect(message.examples.map(({ payload }) => ajv.validate(schema, payload))).toEqual([true]);
    }
  });
});

describe("landed event schemas", () => {
  it("are not broken; `node scripts/events-compat.ts --land` writes what is new", () => {
    expect(breakingChanges(readLanded(), currentSchemas())).toEqual([]);
    expect(readLanded()).toMatchObject(currentSchemas());
  });

  const base = () => JSON.parse(JSON.stringify(currentSchemas())) as Landed;
  const key = "evt.deploy.failed@1";
  type Fields = { properties: Record<string, Record<string, unknown>>; required: string[] };
  const change = (edit: (schema: Fields) => void): string[] => {
    const changed = base();
    edit(changed[key] as unknown as Fields);
    return breakingChanges(base(), changed);
  };

  it.each<[string, (schema: Fields) => void, string | undefined]>([
    [
      "a new optional field",
      (s) => {
        s.properties.hint = { type: "string" };
      },
      undefined,
    ],
    ["a removed field", (s) => void delete s.properties.app, `${key}.app: removed or renamed`],
    ["a newly required field", (s) => void s.required.push("hint"), `${key}.hint: newly required`],
    [
      "a field no longer required",
      (s) => {
        s.required = s.required.filter((n) => n !== "app");
      },
      `${key}.app: no longer always there`,
    ],
    [
      "a narrowed field",
      (s) => {
        s.properties.app = { type: "string", maxLength: 3 };
      },
      `${key}.app: 'maxLength' changed`,
    ],
    [
      "a field of another type",
      (s) => {
        s.properties.app = { type: "integer" };
      },
      `${key}.app: 'type' changed`,
    ],
    [
      "another set of values",
      (s) => {
        s.properties.phase = { type: "string", enum: ["Ready"] };
      },
      `${key}.phase: 'enum' changed`,
    ],
  ])("judge %s", (_name, edit, reason) => {
    expect(change(edit)).toEqual(reason ? [reason] : []);
  });

  it("let a breaking change come as a new version, and never an event go or a version sink", () => {
    const { [key]: schema, ...others } = base();
    expect(breakingChanges(base(), { ...others, "evt.deploy.failed@2": { type: "object" } })).toEqual([]);
    expect(breakingChanges(base(), others)).toEqual(["evt.deploy.failed: landed events are never removed"]);
    const landed = { ...others, "evt.deploy.failed@2": schema ?? {} };
    expect(breakingChanges(landed, base())).toEqual([
      `${key}: versions only grow, and evt.deploy.failed@2 has landed`,
    ]);
  });
});
