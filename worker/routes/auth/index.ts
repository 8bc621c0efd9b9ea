import type { Route } from "../../routing/define.ts";
import { finishLogin } from "./callback.ts";
import { startDeviceLogin } from "./device.ts";
import { finishDeviceLogin } from "./device-token.ts";
import { getJwks } from "./jwks.ts";
import { startLogin } from "./login.ts";
import { logout } from "./logout.ts";
import { listLoginProviders } from "./providers.ts";
import { refreshLogin } from "./refresh.ts";
import { createToken } from "./token.ts";

export const authRoutes: readonly Route[] = [
  createToken,
  listLoginProviders,
  startLogin,
  finishLogin,
  startDeviceLogin,
  finishDeviceLogin,
  refreshLogin,
  logout,
  getJwks,
];
