import type { Route } from "../../routing/define.ts";
import { acceptInvitation } from "./accept.ts";
import { createInvitation } from "./create.ts";
import { createPlatformInvitation } from "./create-platform.ts";
import { getInvitation } from "./get.ts";
import { getPlatformInvitation } from "./get-platform.ts";
import { listInvitations } from "./list.ts";
import { listPlatformInvitations } from "./list-platform.ts";
import { revokeInvitation } from "./revoke.ts";
import { revokePlatformInvitation } from "./revoke-platform.ts";

export const invitationRoutes: readonly Route[] = [
  listInvitations,
  createInvitation,
  getInvitation,
  revokeInvitation,
  listPlatformInvitations,
  createPlatformInvitation,
  getPlatformInvitation,
  revokePlatformInvitation,
  acceptInvitation,
];
