import type { Route } from "../../routing/define.ts";
import { decideDeviceLogin } from "./decide.ts";
import { showDevicePage } from "./show.ts";

export const deviceRoutes: readonly Route[] = [showDevicePage, decideDeviceLogin];
