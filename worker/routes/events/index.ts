import type { Route } from "../../routing/define.ts";
import { getEvent } from "./get.ts";
import { listEvents } from "./list.ts";
import { replayEvents } from "./replay.ts";

export const eventRoutes: readonly Route[] = [listEvents, getEvent, replayEvents];
