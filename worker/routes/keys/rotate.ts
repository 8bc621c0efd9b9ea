import { z } from "zod";
import { nameSchema } from "../../../domain/names/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { newDataKey } from "../../sealing/data-keys.ts";
import { PLATFORM } from "../../sealing/index.ts";
import { insertDataKey } from "../../store/data-keys.ts";
import { directory } from "../../store/database.ts";
import { findRunning, retireActiveDataKey, rotationsOf } from "../../store/key-rotations.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { present } from "../shared/catalogue.ts";
import { rotationExample, rotationSchema } from "./schema.ts";
import { goOn, newRotation, start } from "./start.ts";

const bodySchema = z
  .strictObject({
    tenant: nameSchema
      .nullable()
      .meta({ description: "Name of the tenant; null for the platform's own key." }),
  })
  .meta({ id: "DataKeyRotation" });

export const rotateDataKey = defineRoute({
  method: "post",
  path: "/api/v1/platform/keys:rotate",
  operationId: "rotateDataKey",
  tag: "keys",
  summary: "Give a tenant a new data key",
  description:
    "New secrets are sealed with it at once (within a minute in each isolate); what is there is sealed anew in batches, and opens all the while. The key of before stays for copies and restored databases. One that is under way is answered, and goes on at once.",
  action: "data-key:rotate",
  body: { schema: bodySchema, example: { tenant: "acme" } },
  answers: {
    202: {
      description: "The rotation.",
      schema: rotationSchema,
      example: { ...rotationExample, kind: "reseal", owner: "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB" },
      headers: ["Location"],
    },
  },
  errors: ["KN-1200", "KN-1903", "KN-1904", "KN-1906"],
  async handler(call) {
    const db = directory(call.env);
    const name = call.body.tenant;
    const [tenants, found] = await call.read(db, [findTenant(db, name ?? ""), findRunning(db, "reseal")]);
    call.authorize({});
    const owner = name === null ? PLATFORM : present("tenant", name, tenantOf(tenants?.results[0])).id;
    const running = rotationsOf(found).find((rotation) => rotation.owner === owner);
    if (running) return goOn(call, db, running);
    const key = await newDataKey(call.env, owner, call.now);
    return start(call, db, newRotation(call, "reseal", owner), [
      retireActiveDataKey(db, owner, call.now),
      insertDataKey(db, key),
    ]);
  },
});
