import type { Route } from "../routing/define.ts";
import { accessRoutes } from "./access/index.ts";
import { apiKeyRoutes } from "./api-keys/index.ts";
import { appRoutes } from "./apps/index.ts";
import { auditRoutes } from "./audit/index.ts";
import { auditTrailRoutes } from "./audit-trail/index.ts";
import { authRoutes } from "./auth/index.ts";
import { bindingRoutes } from "./bindings/index.ts";
import { clusterRoutes } from "./clusters/index.ts";
import { deadLetterRoutes } from "./dead-letters/index.ts";
import { deviceRoutes } from "./device/index.ts";
import { docsRoutes } from "./docs/index.ts";
import { enrolRoutes } from "./enrol/index.ts";
import { environmentRoutes } from "./environments/index.ts";
import { eventRoutes } from "./events/index.ts";
import { forgetRoutes } from "./forget/index.ts";
import { healthRoutes } from "./health/index.ts";
import { identityProviderRoutes } from "./identity-providers/index.ts";
import { invitationRoutes } from "./invitations/index.ts";
import { joinTokenRoutes } from "./join-tokens/index.ts";
import { keyRoutes } from "./keys/index.ts";
import { logRoutes } from "./logs/index.ts";
import { meRoutes } from "./me/index.ts";
import { memberRoutes } from "./members/index.ts";
import { planRoutes } from "./plans/index.ts";
import { projectRoutes } from "./projects/index.ts";
import { proxyRoutes } from "./proxy/index.ts";
import { releaseRoutes } from "./releases/index.ts";
import { revisionRoutes } from "./revisions/index.ts";
import { roleRoutes } from "./roles/index.ts";
import { serviceAccountRoutes } from "./service-accounts/index.ts";
import { teamRoutes } from "./teams/index.ts";
import { tenantLimitRoutes } from "./tenant-limits/index.ts";
import { tenantRoutes } from "./tenants/index.ts";
import { tunnelRoutes } from "./tunnel/index.ts";
import { userRoutes } from "./users/index.ts";

/** Every route that there is. A folder a resource; each gives its list here. */
export const routes: readonly Route[] = [
  ...authRoutes,
  ...accessRoutes,
  ...deviceRoutes,
  ...meRoutes,
  ...identityProviderRoutes,
  ...tenantRoutes,
  ...tenantLimitRoutes,
  ...planRoutes,
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
  ...forgetRoutes,
  // Before the entries: their ids are a pattern in the place of these names.
  ...auditTrailRoutes,
  ...auditRoutes,
  ...keyRoutes,
  ...healthRoutes,
  ...userRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  ...teamRoutes,
  ...serviceAccountRoutes,
  ...apiKeyRoutes,
  ...bindingRoutes,
  ...roleRoutes,
  ...docsRoutes(() => routes),
];
