import { defineRoute } from "../../routing/define.ts";
import { primaryKek } from "../../sealing/data-keys.ts";
import { directory } from "../../store/database.ts";
import { ALL_OWNERS, findRunning, rotationsOf } from "../../store/key-rotations.ts";
import { rotationExample, rotationSchema } from "./schema.ts";
import { goOn, newRotation, start } from "./start.ts";

export const rewrapKeys = defineRoute({
  method: "post",
  path: "/api/v1/platform/keys:rewrap",
  operationId: "rewrapKeys",
  tag: "keys",
  summary: "Wrap every data key anew",
  description:
    "By the present primary key-encryption key, in batches after the answer and in each ten-minute sweep; nothing is sealed anew and nobody waits. One that is under way is answered, and goes on at once. docs/operations/key-rotation.md tells the order of the steps.",
  action: "data-key:rotate",
  answers: {
    202: {
      description: "The rotation.",
      schema: rotationSchema,
      example: rotationExample,
      headers: ["Location"],
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findRunning(db, "rewrap")]);
    call.authorize({});
    const [running] = rotationsOf(found);
    if (running) return goOn(call, db, running);
    await primaryKek(call.env);
    return start(call, db, newRotation(call, "rewrap", ALL_OWNERS));
  },
});
