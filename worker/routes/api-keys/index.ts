import type { Route } from "../../routing/define.ts";
import { createKey } from "./create.ts";
import { getKey } from "./get.ts";
import { listKeys } from "./list.ts";
import { revokeKey } from "./revoke.ts";
import { rotateKey } from "./rotate.ts";

export const apiKeyRoutes: readonly Route[] = [
  ...listKeys,
  ...createKey,
  ...getKey,
  ...rotateKey,
  ...revokeKey,
];
