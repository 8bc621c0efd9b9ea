import type { AccessObject } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import type { App, Found, Project } from "../../store/paths.ts";
import { type TenantScope, tenantScope } from "../../store/scope.ts";
import type { Tenant } from "../../store/tenants.ts";
import { present } from "./catalogue.ts";
import { environmentObject, type Kind, missing, projectObject, tenantObject } from "./objects.ts";

/** Names of a URL. */
export interface Names {
  tenant: string;
  project: string;
  app: string;
}

export interface TenantPlace {
  tenant: Tenant;
  scope: TenantScope;
}

export interface ProjectPlace extends TenantPlace {
  project: Project;
}

/** What was found of a URL, as far as rights on it go. */
interface At {
  tenant?: { id: string } | undefined;
  project?: { id: string; tenantId: string } | undefined;
}

/**
 * One step of a URL. Who asks for what he may not see is refused, and told that it is not there.
 *
 * @param parent given where the object may be missing, since the request would make it: then it stands for it
 * @throws KubeNovaError KN-1200
 */
export function step(
  call: Call,
  kind: Kind,
  name: string,
  object: AccessObject | undefined,
  parent?: AccessObject,
): AccessObject {
  const target = object ?? parent;
  if (target && call.can(`${kind}:get`, target)) return target;
  call.authorize(object ?? {}, missing(kind, name));
  // A question about the caller himself is allowed whatever it names: what it must not tell is refused here, and noted.
  call.require(`${kind}:get`, object ?? {}, missing(kind, name));
  throw new KubeNovaError("KN-1200", missing(kind, name));
}

const seeTenant = (call: Call, names: Pick<Names, "tenant">, { tenant }: At): AccessObject =>
  step(call, "tenant", names.tenant, tenant && tenantObject(tenant));

type ProjectNames = Pick<Names, "tenant" | "project">;

function seeProject(call: Call, names: ProjectNames, found: At): AccessObject {
  seeTenant(call, names, found);
  return step(call, "project", names.project, found.project && projectObject(found.project));
}

function tenantPlace(call: Call, names: Pick<Names, "tenant">, found: Found): TenantPlace {
  const tenant = present("tenant", names.tenant, found.tenant);
  return { tenant, scope: tenantScope(call.env, tenant.id, tenant.region) };
}

const projectPlace = (call: Call, names: ProjectNames, found: Found): ProjectPlace => ({
  ...tenantPlace(call, names, found),
  project: present("project", names.project, found.project),
});

/**
 * Asks can() on the tenant that a URL names, then gives it.
 * @throws KubeNovaError KN-1200 where it is missing or deleted, or the principal may not know of it; KN-1102
 */
export function openTenant(call: Call, names: Pick<Names, "tenant">, found: Found): TenantPlace {
  call.authorize(seeTenant(call, names, found));
  return tenantPlace(call, names, found);
}

/** The tenant without asking for more than that it may be seen: for what is asked about something in it. */
export function seenTenant(call: Call, names: Pick<Names, "tenant">, found: Found): TenantPlace {
  seeTenant(call, names, found);
  return tenantPlace(call, names, found);
}

/** The same down to a project that is not deleted. */
export function openProject(call: Call, names: ProjectNames, found: Found): ProjectPlace {
  call.authorize(seeProject(call, names, found));
  return projectPlace(call, names, found);
}

/** The same where the project itself may be missing or deleted: asks on the project, or on the tenant that gets it. */
export function openProjectSlot(call: Call, names: ProjectNames, found: Found): TenantPlace {
  const tenant = seeTenant(call, names, found);
  call.authorize(step(call, "project", names.project, found.project && projectObject(found.project), tenant));
  return tenantPlace(call, names, found);
}

/** Asks can() on a tenant, or on a project of it where one is named; deleted ones too. */
export const authorizeIn = (
  call: Call,
  { tenant, project }: { tenant: string; project?: string | undefined },
  at: At,
): void =>
  call.authorize(
    project === undefined ? seeTenant(call, { tenant }, at) : seeProject(call, { tenant, project }, at),
  );

export const openApp = (
  call: Call,
  names: Pick<Names, "tenant" | "project" | "app">,
  found: Found,
): ProjectPlace & { app: App } => ({
  ...openProject(call, names, found),
  app: present("app", names.app, found.app),
});

/**
 * The same where what counts is an environment, deleted or not: a release, a log, a rendering are of an environment.
 *
 * @param slot set where it may be missing, since the request would make it
 */
export function openEnvironment(
  call: Call,
  names: ProjectNames & { environment: string },
  found: Found,
  slot: "must-exist" | "slot" = "must-exist",
): ProjectPlace {
  const project = seeProject(call, names, found);
  const { environment } = found;
  call.authorize(
    step(
      call,
      "environment",
      names.environment,
      environment && environmentObject(environment),
      slot === "slot" ? project : undefined,
    ),
  );
  return projectPlace(call, names, found);
}

/** An app in an environment of its project. */
export const openRelease = (
  call: Call,
  names: Names & { environment: string },
  found: Found,
): ProjectPlace & { app: App } => ({
  ...openEnvironment(call, names, found),
  app: present("app", names.app, found.app),
});
