import type { Tenant } from "./types.ts";

/** A place outside the path that names something of a tenant: in a body, or in a query. */
export interface Reference {
  operation: string;
  /** What it names: one of the tenant's things. */
  named: string;
  method: string;
  /** Under /api/v1. */
  path: string;
  body?: unknown;
  /** Needs a secret that the test does not send: even the caller's own is answered as nobody's. */
  secret?: true;
}

const firstOf = (tenant: Tenant, kind: string): string => tenant.things[kind]?.own[0] as string;

/** What a tenant has of a kind, as references name it. */
export const namedOf = (tenant: Tenant, kind: string): string =>
  kind === "providerId" || kind === "revisionId"
    ? (tenant.things[kind.slice(0, -2)]?.own.find((value) => value.includes("_")) as string)
    : firstOf(tenant, kind);

type Fields = Record<string, unknown>;
const post = (operation: string, named: string, path: string, body: Fields): Reference => ({
  operation,
  named,
  method: "POST",
  path,
  body,
});
const patch = (operation: string, named: string, path: string, body: Fields): Reference => ({
  ...post(operation, named, path, body),
  method: "PATCH",
});
const get = (operation: string, named: string, path: string): Reference => ({
  operation,
  named,
  method: "GET",
  path,
});

/** All of them for one tenant, naming a value. */
export const referencesOf = (me: Tenant, value: string): Reference[] => [
  ...inBindings(me, value),
  ...inAccess(me, value),
  ...inCatalogue(me, value),
  ...inQueries(me, value),
  ...inListsOf(me, value),
];

function inBindings(me: Tenant, value: string): Reference[] {
  const subject = { kind: "team", name: firstOf(me, "team") };
  const bind = (named: string, body: Fields) =>
    post("createBinding", named, `/tenants/${me.name}/bindings`, { subject, role: "viewer", ...body });
  const project = firstOf(me, "project");
  return [
    bind("user", { subject: { kind: "user", id: value } }),
    bind("email", { subject: { kind: "user", email: value } }),
    bind("account", { subject: { kind: "service-account", name: value } }),
    bind("team", { subject: { kind: "team", name: value } }),
    bind("providerId", { subject: { kind: "group", provider: value, name: "staff" } }),
    bind("role", { role: value }),
    bind("project", { scope: { project: value } }),
    bind("environment", { scope: { project, environment: value } }),
    bind("cluster", { scope: { cluster: value } }),
  ];
}

function inAccess(me: Tenant, value: string): Reference[] {
  const team = `/tenants/${me.name}/teams/${firstOf(me, "team")}/members`;
  const email = `somebody@${me.marker}.example.com`;
  const invite = (named: string, grant: Fields) =>
    post("createInvitation", named, `/tenants/${me.name}/invitations`, {
      email,
      grants: [{ role: "viewer", ...grant }],
    });
  const project = firstOf(me, "project");
  return [
    post("addTeamMember", "user", team, { kind: "user", id: value }),
    post("addTeamMember", "email", team, { kind: "user", email: value }),
    post("addTeamMember", "account", team, { kind: "service-account", name: value }),
    invite("role", { role: value }),
    invite("project", { project: value }),
    invite("environment", { project, environment: value }),
    post("createMyKey", "tenant", "/me/keys", { name: "again", tenant: value }),
    {
      ...post("acceptInvitation", "invitation", "/invitations:accept", {
        token: `${value}.${"0".repeat(64)}`,
      }),
      secret: true,
    },
  ];
}

function inCatalogue(me: Tenant, value: string): Reference[] {
  const project = `/tenants/${me.name}/projects/${firstOf(me, "project")}`;
  const environment = `${project}/environments/${firstOf(me, "environment")}`;
  const release = `${project}/apps/${firstOf(me, "app")}/releases/${firstOf(me, "environment")}`;
  const [placement, cluster] = [{ cluster: value }, `/clusters/${firstOf(me, "cluster")}`];
  return [
    post("createEnvironment", "cluster", `${project}/environments`, { name: "placed", placement }),
    patch("patchEnvironment", "cluster", environment, { placement }),
    { ...post("putEnvironment", "cluster", environment, { placement }), method: "PUT" },
    post("deployRelease", "revisionId", release, { revision: value }),
    patch("patchCluster", "tenant", cluster, { ownerTenant: value }),
    patch("patchCluster", "tenant", cluster, { allowedTenants: [value] }),
  ];
}

function inQueries(me: Tenant, value: string): Reference[] {
  const explain = (named: string, query: string) =>
    get("explainAccess", named, `/access/explain?permission=app:get&${query}`);
  const mine = (named: string, query: string) => get("listMyPermissions", named, `/me/permissions?${query}`);
  const [tenant, project] = [`tenant=${me.name}`, `project=${firstOf(me, "project")}`];
  const word = encodeURIComponent(value);
  return [explain, mine]
    .flatMap((ask) => [
      ask("tenant", `tenant=${word}`),
      ask("project", `${tenant}&project=${word}`),
      ask("environment", `${tenant}&${project}&environment=${word}`),
      ask("cluster", `cluster=${word}`),
    ])
    .concat(
      explain("user", `${tenant}&principal=user/${word}`),
      explain("accountId", `${tenant}&principal=service-account/${word}`),
      get("listEvents", "tenant", `/events?tenant=${word}`),
      get("listEvents", "project", `/events?${tenant}&project=${word}`),
      get("proveTenantAuditInclusion", "entry", `/tenants/${me.name}/audit:inclusion?entry=${word}`),
    );
}

function inListsOf(me: Tenant, value: string): Reference[] {
  const word = encodeURIComponent(value);
  const bindings = (named: string, query: string) =>
    get("listBindings", named, `/tenants/${me.name}/bindings?${query}`);
  return [
    bindings("teamId", `subject=team/${word}`),
    bindings("role", `role=${word}`),
    bindings("project", `project=${word}`),
    bindings("environment", `project=${firstOf(me, "project")}&environment=${word}`),
    bindings("cluster", `cluster=${word}`),
  ];
}
