import type { AccessObject } from "../../../domain/access/index.ts";
import type { Call } from "../../routing/call.ts";
import type { Environment } from "../../store/paths.ts";
import type { EnvironmentRelease } from "../../store/releases.ts";

/** What rights are asked on, as routes know it. */

export type Kind = "tenant" | "project" | "environment" | "app" | "cluster" | "plan";

/** What is said of what is not there, and of what the principal may not know of. */
export const missing = (kind: Kind, name: string): string => `There is no ${kind} '${name}'.`;

export const tenantObject = (tenant: { id: string }): AccessObject => ({ tenantId: tenant.id });
export const projectObject = (project: { id: string; tenantId: string }): AccessObject => ({
  tenantId: project.tenantId,
  projectId: project.id,
});
export const environmentObject = (
  environment: Pick<Environment, "id" | "tenantId" | "projectId">,
): AccessObject => ({
  tenantId: environment.tenantId,
  projectId: environment.projectId,
  environmentId: environment.id,
});

/** Of a project's environments with an app's releases, those that the principal may see. */
export const visibleReleases = (call: Call, all: EnvironmentRelease[]): EnvironmentRelease[] =>
  all.filter(({ environment }) => call.can("release:get", environmentObject(environment)));
