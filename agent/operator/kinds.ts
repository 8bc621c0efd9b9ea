import { LABEL } from "../../domain/names/labels.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { Engine } from "../engine/index.ts";
import type { Kind } from "./controller.ts";
import { renderApp } from "./render/app.ts";
import { type AgentSubject, renderProject } from "./render/project.ts";
import { renderTenant } from "./render/tenant.ts";
import type { NovaApp, NovaProject, NovaTenant, Resource, ResourceKind } from "./resources.ts";

export interface KindsContext {
  engine: Pick<Engine, "get">;
  systemNamespace: string;
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

  return {
    // Nothing of a tenant itself is in a cluster yet: its graph is empty, and Ready says that the tenant is known here.
    NovaTenant: {
      graphOf: inSystem("tenant"),
      render: (resource) => marked(renderTenant((resource as NovaTenant).metadata.name), resource),
      holdDeletion: () => undefined,
    },
    NovaProject: {
      graphOf: graphOfProject,
      render(resource) {
        const project = resource as NovaProject;
        const { namespace, name } = graphOfProject(project);
        const nodes = ctx.engine.get(`${namespace}/${name}`)?.spec.nodes ?? [];
        const inUse = new Set(appsOf(project).map((app) => app.metadata.namespace ?? ""));
        return marked(renderProject(project.spec, ctx.agent, { nodes, inUse }), resource);
      },
      // Their objects are deleted as the appliers that this project's graph holds.
      holdDeletion(resource) {
        const left = appsOf(resource as NovaProject).length;
        return left > 0 ? `waits for ${left} app${left === 1 ? "" : "s"} to be deleted first` : undefined;
      },
    },
    NovaApp: {
      graphOf: ({ metadata: { namespace = "", name } }) => ({ namespace, name: graphNameOf(name) }),
      render: (resource) => renderNovaApp(resource as NovaApp),
      holdDeletion: () => undefined,
    },
  };
}

/** Name of the graph of a NovaApp. */
export const graphNameOf = (app: string): string => `app-${app}`;

/** A NovaApp's graph, where its source needs no module. */
export const renderNovaApp = (app: NovaApp): ResourceGraphSpec =>
  renderApp(app.metadata.namespace ?? "", app.spec, clusterMark(app));

/** The cluster's id, which the manager writes on the resource: everything made of it carries it too (decisions.md 19). */
function clusterMark({ metadata }: Resource): Record<string, string> {
  const cluster = metadata.labels?.[LABEL.cluster];
  return cluster === undefined ? {} : { [LABEL.cluster]: cluster };
}

const marked = (graph: ResourceGraphSpec, resource: Resource): ResourceGraphSpec => ({
  ...graph,
  labels: { ...clusterMark(resource), ...graph.labels },
});
