import { defineRoute } from "../../routing/define.ts";
import { keksOf } from "../../sealing/keks.ts";
import { countByKek } from "../../store/data-keys.ts";
import { directory } from "../../store/database.ts";
import { recentRotations, rotationsOf } from "../../store/key-rotations.ts";
import { keysExample, keysSchema, rotationJson } from "./schema.ts";

interface Count {
  kek: string;
  active: number;
  retired: number;
}

export const getKeys = defineRoute({
  method: "get",
  path: "/api/v1/platform/keys",
  operationId: "getKeys",
  tag: "keys",
  summary: "Which keys seal what is secret",
  description:
    "Key-encryption keys with the number of data keys that each wraps, and the rotations: one that wraps none any more can be taken away. No key is shown.",
  action: "data-key:get",
  answers: { 200: { description: "The keys.", schema: keysSchema, example: keysExample } },
  async handler(call) {
    const db = directory(call.env);
    const [counts, rotations] = await call.read(db, [countByKek(db), recentRotations(db)]);
    call.authorize({});
    const keks = (await keksOf(call.env)).map(({ name }) => name);
    const wraps = new Map(((counts?.results ?? []) as unknown as Count[]).map((each) => [each.kek, each]));
    const names = [...new Set([...keks, ...wraps.keys()])];
    return {
      status: 200,
      body: {
        keyEncryptionKeys: names.map((name) => ({
          name,
          configured: keks.includes(name),
          primary: name === keks.at(-1),
          activeDataKeys: wraps.get(name)?.active ?? 0,
          retiredDataKeys: wraps.get(name)?.retired ?? 0,
        })),
        rotations: rotationsOf(rotations).map(rotationJson),
      },
    };
  },
});
