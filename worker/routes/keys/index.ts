import type { Route } from "../../routing/define.ts";
import { getKeys } from "./get.ts";
import { rewrapKeys } from "./rewrap.ts";
import { rotateDataKey } from "./rotate.ts";

export const keyRoutes: readonly Route[] = [getKeys, rewrapKeys, rotateDataKey];
