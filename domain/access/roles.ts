import { allOf, PERMISSIONS, type Permission, readsOf } from "./permissions.ts";
import type { Level } from "./scope.ts";

/** A role that is there in every installation. */
export interface Role {
  summary: string;
  /** Where it may be bound. */
  levels: readonly Level[];
  permissions: ReadonlySet<Permission>;
}

const role = (summary: string, levels: Level[], permissions: readonly Permission[]): Role => ({
  summary,
  levels,
  permissions: new Set(permissions),
});

const except = (permissions: readonly Permission[], ...without: Permission[]): Permission[] =>
  permissions.filter((permission) => !without.includes(permission));

/** Kinds that belong to the platform and never to a tenant. */
const PLATFORM_ONLY: ReadonlySet<Permission> = new Set<Permission>([
  "tenant:create",
  "tenant:restore",
  "tenant:limit",
  "event:replay",
  "metrics:get",
  "audit-retention:update",
  ...allOf("data-key", "dead-letter", "user", "platform-audit", "platform-provider", "platform-access"),
  ...allOf("platform-audit-sink", "platform-audit-retention", "plan"),
]);

/** Whether a permission holds on the platform alone: a binding further down does not give it, whatever its role. */
export const isPlatformOnly = (permission: Permission): boolean => PLATFORM_ONLY.has(permission);

/** Who is there, and what is given to them. */
const ACCESS_READS = readsOf(
  "user",
  "member",
  "invitation",
  "team",
  "service-account",
  "api-key",
  "role",
  "binding",
  "platform-access",
);
const CATALOGUE_READS = readsOf("tenant", "project", "environment", "app", "revision", "release");
/** What is in a project, for whoever works on it. */
const WORK = allOf("app", "revision", "release");
const OF_A_TENANT = except(PERMISSIONS, ...PLATFORM_ONLY);

const PROJECT_ADMIN: readonly Permission[] = [
  "tenant:list",
  "tenant:get",
  ...allOf("project"),
  ...except(allOf("environment"), "environment:adopt"),
  ...WORK,
  // A viewer of a project has the last of these, and he is the one who gives that role.
  ...readsOf("event", "cluster"),
  ...allOf("binding"),
  "access:explain",
];

/** The roles, each with what it may do; docs/roles.md is made of this table. */
export const ROLES = {
  "platform-admin": role("Everything, everywhere.", ["platform"], PERMISSIONS),
  "platform-ops": role(
    "Runs the platform: clusters, events, dead letters, metrics; reads the catalogue, writes nothing of a tenant but its limits and plans.",
    ["platform", "cluster"],
    [
      ...CATALOGUE_READS,
      // Not what goes through a cluster: services and logs there are tenants'.
      ...except(allOf("cluster", "event", "dead-letter", "metrics"), "cluster:proxy"),
      ...readsOf("data-key"),
      "environment:adopt",
      "tenant:limit",
      ...allOf("plan"),
    ],
  ),
  "tenant-owner": role("Everything in a tenant, its deletion and its access too.", ["tenant"], OF_A_TENANT),
  "tenant-admin": role(
    "Everything in a tenant but its deletion and its owners.",
    ["tenant"],
    except(OF_A_TENANT, "tenant:delete"),
  ),
  "project-admin": role(
    "Projects, their environments and apps, and who works on them.",
    ["tenant", "project"],
    PROJECT_ADMIN,
  ),
  developer: role(
    "Changes apps and deploys them; reads environments.",
    ["tenant", "project", "environment"],
    [...CATALOGUE_READS, ...WORK, ...readsOf("event")],
  ),
  viewer: role(
    "Reads the catalogue and how it goes, no logs.",
    ["platform", "cluster", "tenant", "project", "environment"],
    [...CATALOGUE_READS, ...readsOf("cluster", "event")],
  ),
  billing: role(
    "Reads what is paid for: plans and the catalogue, without events, logs or clusters.",
    ["platform", "tenant"],
    [...CATALOGUE_READS, ...readsOf("plan")],
  ),
  auditor: role(
    "Reads everything there is a record of: catalogue, clusters, events, access and the audit log.",
    ["platform", "tenant"],
    [
      ...CATALOGUE_READS,
      ...readsOf("cluster", "event", "identity-provider", "audit-sink", "platform-audit-sink"),
      ...readsOf("audit-retention", "platform-audit-retention"),
      ...ACCESS_READS,
      ...allOf("audit", "platform-audit"),
      "access:explain",
    ],
  ),
} as const satisfies Record<string, Role>;

export type RoleName = keyof typeof ROLES;

export const isRoleName = (name: string): name is RoleName => Object.hasOwn(ROLES, name);
