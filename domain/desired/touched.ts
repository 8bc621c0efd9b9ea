/** Which desired documents an event may have changed. Only where to look: what they are is read from current rows. */
export interface Touched {
  /** Id of the tenant whose document is looked at. */
  tenant?: string;
  /** Id of a project, or all projects of a tenant. */
  projects?: { by: "project" | "tenant"; id: string };
  releases?: { by: ReleaseScope; id: string };
  /** Id of the environment whose earlier clusters are told too. */
  moved?: string;
  /** Clusters that are told even where no row names them any more. */
  clusters: string[];
  /** Id of a cluster that must be told who it is. */
  identify?: string;
}

export type ReleaseScope = "release" | "app" | "environment" | "project" | "tenant";

export interface TouchingEvent {
  type: string;
  tenantId: string | null;
  subject: string;
  data: Record<string, unknown>;
}

const NOTHING: Touched = { clusters: [] };

export function touchedBy(event: TouchingEvent): Touched {
  const [, noun, verb] = event.type.split(".");
  const id = event.subject.slice(event.subject.indexOf("/") + 1);
  const wasRemovedOrCameBack = verb === "deleted" || verb === "restored";
  switch (noun) {
    case "tenant":
      return wasRemovedOrCameBack
        ? { tenant: id, projects: { by: "tenant", id }, releases: { by: "tenant", id }, clusters: [] }
        : { tenant: id, clusters: [] };
    case "project":
      return {
        projects: { by: "project", id },
        ...(wasRemovedOrCameBack ? { ...ofTenant(event), releases: { by: "project", id } } : {}),
        clusters: [],
      };
    case "environment":
      return touchedByEnvironment(event, id);
    case "app":
      return wasRemovedOrCameBack ? { releases: { by: "app", id }, clusters: [] } : NOTHING;
    case "deploy":
      return verb === "requested" || verb === "rolled-back"
        ? { releases: { by: "release", id }, clusters: [] }
        : NOTHING;
    case "cluster":
      return IDENTITY_CHANGES.has(verb ?? "") ? { identify: id, clusters: [] } : NOTHING;
    default:
      return NOTHING;
  }
}

const IDENTITY_CHANGES = new Set(["created", "updated", "deleted", "enrolled", "epoch-declared"]);

const ofTenant = (event: TouchingEvent): { tenant?: string } =>
  event.tenantId ? { tenant: event.tenantId } : {};

interface EnvironmentSide {
  projectId?: string;
  clusterId?: string | null;
}

function touchedByEnvironment(event: TouchingEvent, id: string): Touched {
  const before = (event.data.before ?? {}) as EnvironmentSide;
  const after = (event.data.after ?? {}) as EnvironmentSide;
  const projectId = after.projectId ?? before.projectId;
  const project: Pick<Touched, "projects"> = projectId ? { projects: { by: "project", id: projectId } } : {};
  const clusters = [before.clusterId, after.clusterId].filter((each): each is string => Boolean(each));
  // A change of labels re-sends nothing but the project: its releases may be large.
  const moved = event.type !== "evt.environment.updated" || before.clusterId !== after.clusterId;
  if (!moved) return { ...project, clusters };
  return { ...ofTenant(event), ...project, releases: { by: "environment", id }, moved: id, clusters };
}
