import type { Route } from "../routing/define.ts";
import { appRoutes } from "./apps/index.ts";
import { authRoutes } from "./auth/index.ts";
import { clusterRoutes } from "./clusters/index.ts";
import { deadLetterRoutes } from "./dead-letters/index.ts";
import { docsRoutes } from "./docs/index.ts";
import { enrolRoutes } from "./enrol/index.ts";
import { environmentRoutes } from "./environments/index.ts";
import { eventRoutes } from "./events/index.ts";
import { healthRoutes } from "./health/index.ts";
import { joinTokenRoutes } from "./join-tokens/index.ts";
import { logRoutes } from "./logs/index.ts";
import { projectRoutes } from "./projects/index.ts";
import { proxyRoutes } from "./proxy/index.ts";
import { releaseRoutes } from "./releases/index.ts";
import { revisionRoutes } from "./revisions/index.ts";
import { tenantRoutes } from "./tenants/index.ts";
import { tunnelRoutes } from "./tunnel/index.ts";

/** Every route that there is. A folder a resource; each gives its list here. */
export const routes: readonly Route[] = [
  ...authRoutes,
  ...tenantRoutes,
  ...projectRoutes,
  ...environmentRoutes,
  ...appRoutes,
  ...revisionRoutes,
  ...releaseRoutes,
  ...clusterRoutes,
  ...joinTokenRoutes,
  ...enrolRoutes,
  ...tunnelRoutes,
  ...proxyRoutes,
  ...logRoutes,
  ...eventRoutes,
  ...deadLetterRoutes,
  ...healthRoutes,
  ...docsRoutes(() => routes),
];
