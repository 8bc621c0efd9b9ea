import type { Route } from "../../routing/define.ts";
import { getDeadLetter } from "./get.ts";
import { listDeadLetters } from "./list.ts";
import { replayDeadLetters } from "./replay.ts";
import { discardDeadLetter, replayDeadLetter } from "./settle.ts";

export const deadLetterRoutes: readonly Route[] = [
  listDeadLetters,
  getDeadLetter,
  replayDeadLetters,
  replayDeadLetter,
  discardDeadLetter,
];
