import fc from "fast-check";
import {
  type Located,
  type ProjectRow,
  projectDocuments,
  type ReleaseRow,
  releaseDocuments,
  type TenantRow,
  tenantDocuments,
} from "../../domain/desired/placement.ts";
import { type TouchingEvent, touchedBy } from "../../domain/desired/touched.ts";

/** A small catalogue with the rules of the API's writes: which revisions each of them makes grow, which event it tells. */
export const CLUSTERS = ["cls_a", "cls_b", "cls_c"];
const PROJECTS = ["prj_1", "prj_2"];
const ENVIRONMENTS = [
  { id: "env_1", project: "prj_1" },
  { id: "env_2", project: "prj_1" },
  { id: "env_3", project: "prj_2" },
];

export interface Rows {
  tenant: { deleted: boolean; revision: number };
  projects: Record<string, { deleted: boolean; revision: number }>;
  environments: Record<
    string,
    { project: string; deleted: boolean; cluster: string | null; history: string[] }
  >;
  /** One app a project, one release an environment. */
  apps: Record<string, { deleted: boolean }>;
  releases: Record<string, { environment: string; project: string; revision: number; image: string }>;
}

export const start = (): Rows => ({
  tenant: { deleted: false, revision: 1 },
  projects: Object.fromEntries(PROJECTS.map((id) => [id, { deleted: false, revision: 1 }])),
  environments: Object.fromEntries(
    ENVIRONMENTS.map(({ id, project }) => [id, { project, deleted: false, cluster: null, history: [] }]),
  ),
  apps: Object.fromEntries(PROJECTS.map((id) => [id, { deleted: false }])),
  releases: Object.fromEntries(
    ENVIRONMENTS.map(({ id, project }) => [
      `rel_${id}`,
      { environment: id, project, revision: 1, image: "web:1" },
    ]),
  ),
});

export type Write =
  | { kind: "toggle"; what: "tenant" | "project" | "environment" | "app"; index: number }
  | { kind: "move"; index: number; cluster: number }
  | { kind: "deploy"; index: number; image: string };

export const writes: fc.Arbitrary<Write> = fc.oneof(
  fc.record({
    kind: fc.constant("toggle" as const),
    what: fc.constantFrom("tenant" as const, "project" as const, "environment" as const, "app" as const),
    index: fc.nat(5),
  }),
  fc.record({ kind: fc.constant("move" as const), index: fc.nat(2), cluster: fc.nat(3) }),
  fc.record({
    kind: fc.constant("deploy" as const),
    index: fc.nat(2),
    image: fc.constantFrom("web:2", "web:3"),
  }),
);

const pick = <T>(items: readonly T[], index: number): T => items[index % items.length] as T;
const grow = (rows: Rows, of: (release: Rows["releases"][string]) => boolean): void => {
  for (const release of Object.values(rows.releases)) if (of(release)) release.revision++;
};
/** A change of a project's document is one of its tenant's too (a trigger in the database). */
const growProject = (rows: Rows, id: string): void => {
  (rows.projects[id] as { revision: number }).revision++;
  rows.tenant.revision++;
};

export function apply(rows: Rows, write: Write): TouchingEvent {
  const event = (
    noun: string,
    id: string,
    verb: string,
    data: Record<string, unknown> = {},
  ): TouchingEvent => ({
    type: `evt.${noun}.${verb}`,
    tenantId: "ten_1",
    subject: `${noun === "deploy" ? "release" : noun}/${id}`,
    data,
  });
  if (write.kind === "deploy") {
    const [id, release] = pick(Object.entries(rows.releases), write.index);
    release.image = write.image;
    release.revision++;
    return event("deploy", id, "requested");
  }
  const { id } = pick(ENVIRONMENTS, write.index);
  const environment = rows.environments[id] as Rows["environments"][string];
  const side = () => ({ projectId: environment.project, clusterId: environment.cluster });
  if (write.kind === "move") {
    const before = side();
    environment.cluster = CLUSTERS[write.cluster] ?? null;
    if (environment.cluster) environment.history = [...environment.history, environment.cluster];
    if (environment.cluster !== before.clusterId) grow(rows, (release) => release.environment === id);
    growProject(rows, environment.project);
    return event("environment", id, "updated", { before, after: side() });
  }
  const verb = (row: { deleted: boolean }): string => {
    row.deleted = !row.deleted;
    return row.deleted ? "deleted" : "restored";
  };
  const project = pick(PROJECTS, write.index);
  switch (write.what) {
    case "tenant": {
      rows.tenant.revision++;
      for (const each of PROJECTS) growProject(rows, each);
      grow(rows, () => true);
      return event("tenant", "ten_1", verb(rows.tenant));
    }
    case "project": {
      growProject(rows, project);
      grow(rows, (release) => release.project === project);
      return event("project", project, verb(rows.projects[project] as { deleted: boolean }));
    }
    case "environment": {
      growProject(rows, environment.project);
      grow(rows, (release) => release.environment === id);
      return event(
        "environment",
        id,
        verb(environment),
        environment.deleted ? { before: side() } : { after: side() },
      );
    }
    case "app": {
      grow(rows, (release) => release.project === project);
      return event("app", project, verb(rows.apps[project] as { deleted: boolean }));
    }
  }
}

const plainTenant = { id: "ten_1", name: "acme", displayName: null };

function tenantRow(rows: Rows): TenantRow {
  const placed = new Map<string, boolean>();
  for (const { cluster, deleted, project } of Object.values(rows.environments)) {
    if (!cluster) continue;
    placed.set(cluster, placed.get(cluster) || (!deleted && !rows.projects[project]?.deleted));
  }
  const clusters = [...placed].map(([clusterId, isPlaced]) => ({ clusterId, placed: isPlaced }));
  return { ...plainTenant, revision: rows.tenant.revision, alive: !rows.tenant.deleted, clusters };
}

function projectRow(rows: Rows, id: string): ProjectRow {
  const row = rows.projects[id] as Rows["projects"][string];
  const environments = Object.entries(rows.environments)
    .filter(([, { project }]) => project === id)
    .map(([environmentId, { deleted, cluster, history }]) => ({
      id: environmentId,
      name: environmentId,
      namespace: environmentId,
      adopted: false,
      alive: !deleted,
      clusterId: cluster,
      history,
    }));
  const alive = !row.deleted && !rows.tenant.deleted;
  return { id, name: id, revision: row.revision, alive, tenant: plainTenant, environments };
}

function releaseRow(rows: Rows, id: string): ReleaseRow & { image: string } {
  const release = rows.releases[id] as Rows["releases"][string];
  const environment = rows.environments[release.environment] as Rows["environments"][string];
  const dead = [rows.tenant, rows.projects[release.project], environment, rows.apps[release.project]];
  return {
    id,
    revision: release.revision,
    correlationId: "c",
    alive: !dead.some((row) => row?.deleted) && environment.cluster !== null,
    clusterId: environment.cluster,
    history: environment.history,
    tenant: "acme",
    project: release.project,
    environment: release.environment,
    namespace: release.environment,
    app: "web",
    appId: "app",
    revisionId: release.image,
    revisionNumber: 1,
    specDigest: release.image,
    image: release.image,
  };
}

const releaseLocated = (row: ReleaseRow & { image: string }, also: string[]): Located[] =>
  releaseDocuments(row, { image: { image: row.image } }, also);

/** What a deliverer sends for an event, from the rows as they are when it looks. */
export function look(event: TouchingEvent, rows: Rows): Located[] {
  const touched = touchedBy(event);
  const history = touched.moved ? (rows.environments[touched.moved]?.history ?? []) : [];
  const also = [...touched.clusters, ...history];
  const projects =
    touched.projects?.by === "tenant" ? PROJECTS : touched.projects ? [touched.projects.id] : [];
  const releases = Object.entries(rows.releases).filter(([id, release]) => {
    const scope = touched.releases;
    if (!scope) return false;
    const ids = {
      release: id,
      app: release.project,
      environment: release.environment,
      project: release.project,
      tenant: "ten_1",
    };
    return ids[scope.by] === scope.id;
  });
  return [
    ...(touched.tenant ? tenantDocuments(tenantRow(rows), also, "c") : []),
    ...projects.flatMap((id) => projectDocuments(projectRow(rows, id), also, "c")),
    ...releases.flatMap(([id]) => releaseLocated(releaseRow(rows, id), touched.moved ? also : [])),
  ];
}

/** What the final rows say that each cluster holds. */
export const wanted = (rows: Rows): Located[] => [
  ...tenantDocuments(tenantRow(rows), CLUSTERS, "c"),
  ...PROJECTS.flatMap((id) => projectDocuments(projectRow(rows, id), CLUSTERS, "c")),
  ...Object.keys(rows.releases).flatMap((id) => releaseLocated(releaseRow(rows, id), CLUSTERS)),
];
