/** `node scripts/asyncapi.ts`: writes docs/asyncapi.json from protocol/events. */
import { writeFileSync } from "node:fs";
import { ASYNCAPI, asyncApiText } from "./events.ts";

writeFileSync(ASYNCAPI, asyncApiText());
