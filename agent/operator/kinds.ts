import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { Engine } from "../engine/index.ts";
import type { Appliers } from "./appliers.ts";
import type { Kind } from "./kind.ts";
import { clusterMark } from "./marks.ts";
import type { Namespaces } from "./namespaces.ts";
import { appKind } from "./render/app-kind.ts";
import { type AgentSubject, leavingOf, renderProject } from "./render/project.ts";
import { renderTenant } from "./render/tenant.ts";
import type { Modules } from "./rendering/modules.ts";
import type { ActorOptions } from "./rendering/reader.ts";
import type { NovaApp, NovaProject, NovaTenant, Resource, ResourceKind } from "./resources.ts";
import { type Outcome, renderedStatus } from "./status.ts";
import { transformKind } from "./transform/kind.ts";

export interface KindsContext extends ActorOptions {
  engine: Pick<Engine, "get">;
  modules: Modules;
  appliers: Pick<Appliers, "has">;
  namespaces: Pick<Namespaces, "labels">;
  agent: AgentSubject;
  /** Every NovaApp in the cluster. */
  apps: () => Iterable<NovaApp>;
}

/** Graph names carry the kind of what they come from: in one namespace an app and a later resource may share a name. */
export function createKinds(ctx: KindsContext): Record<ResourceKind, Kind> {
  const inSystem = (prefix: string) => (resource: Resource) => ({
    namespace: ctx.systemNamespace,
    name: `${prefix}-${resource.metadata.name}`,
  });
  const graphOfProject = inSystem("project");
  const appsOf = (project: NovaProject): NovaApp[] =>
    [...ctx.apps()].filter(
      ({ spec }) => spec.tenant === project.spec.tenant && spec.project === project.spec.project,
    );

  const status =
    (graphOf: Kind["graphOf"]): Kind["status"] =>
    (resource, outcome, now) =>
      renderedStatus(resource, graphOf(resource), outcome, now);

  return {
    // Nothing of a tenant itself is in a cluster yet: its graph is empty, and Ready says that the tenant is known here.
    NovaTenant: {
      graphOf: inSystem("tenant"),
      render: (resource) => ({
        spec: marked(renderTenant((resource as NovaTenant).metadata.name), resource),
      }),
      status: status(inSystem("tenant")),
      holdDeletion: () => undefined,
    },
    NovaProject: {
      graphOf: graphOfProject,
      render(resource, live) {
        const project = resource as NovaProject;
        const inUse = new Set(appsOf(project).map((app) => app.metadata.namespace ?? ""));
        const leaving = leavingOf(project.spec, inUse);
        // Those that leave are known from the graph alone: without its nodes an applier that is in use would go.
        if (live && !live.spec.nodes && leaving.length > 0)
          return live.isReading ? {} : { outcome: unreadable(leaving) };
        const nodes = live?.spec.nodes ?? [];
        return { spec: marked(renderProject(project.spec, ctx.agent, { nodes, inUse }), resource) };
      },
      status: status(graphOfProject),
      // Their objects are deleted as the appliers that this project's graph holds.
      holdDeletion(resource) {
        const left = appsOf(resource as NovaProject).length;
        return left > 0 ? `waits for ${left} app${left === 1 ? "" : "s"} to be deleted first` : undefined;
      },
    },
    NovaApp: appKind(ctx),
    Transform: transformKind(ctx),
  };
}

const unreadable = (leaving: readonly string[]): Outcome => ({
  phase: "Failed",
  reason: "GraphUnreadable",
  message: `nothing is changed: its graph's nodes cannot be read, and with them what ${leaving.join(", ")} needs, which has left the project and has apps still`,
});

const marked = (graph: ResourceGraphSpec, resource: Resource): ResourceGraphSpec => ({
  ...graph,
  labels: { ...clusterMark(resource), ...graph.labels },
});
