import type { Route } from "../../routing/define.ts";
import { getRevision } from "./get.ts";
import { listRevisions } from "./list.ts";

export const revisionRoutes: readonly Route[] = [listRevisions, getRevision];
