import { sourceFor } from "../../../domain/apps/spec.ts";
import { digestOf } from "../../../domain/canonical/index.ts";
import { releaseResource } from "../../../domain/desired/index.ts";
import { inCluster } from "../../../domain/desired/placement.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { errorLine, type RenderError } from "../../../protocol/resources/render-report.ts";
import { MAX_RENDERING_BYTES, renderingSchema } from "../../../protocol/resources/rendering.ts";
import { defineRoute } from "../../routing/define.ts";
import { findEnvironment, foundEnvironment, type PlacedEnvironment } from "../../store/environments.ts";
import { tenantPath } from "../../store/scope.ts";
import { projectParams } from "../projects/schema.ts";
import { askCluster } from "../proxy/ask.ts";
import { present } from "../shared/catalogue.ts";
import { openEnvironment } from "../shared/place.ts";
import { renderExample, renderedAnswerSchema, renderRequestSchema } from "./render-schema.ts";
import { APP_BODY_LIMIT_BYTES } from "./schema.ts";

/** Below the request's own time limit; a module that is fetched for the first time takes seconds. */
const DEADLINE_MS = 25_000;

export const renderApp = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps:render",
  operationId: "renderApp",
  tag: "apps",
  summary: "Show the graph that an app would become",
  description:
    "Rendered by the agent of the environment's cluster, by the code that deploys: nodes, edges, violations. Nothing is stored or applied, and the API server is not asked what it thinks.",
  action: "app:render",
  params: projectParams,
  body: {
    schema: renderRequestSchema,
    example: {
      environment: "staging",
      app: "web",
      source: {
        transform: { cueRef: { type: "embedded", ref: "webservice" }, input: { image: "web:1.4.2" } },
      },
    },
    maxBytes: APP_BODY_LIMIT_BYTES,
  },
  answers: {
    200: { description: "The graph.", schema: renderedAnswerSchema, example: renderExample },
  },
  errors: [
    ...(["KN-1005", "KN-1309", "KN-1310", "KN-1313"] as const),
    ...(["KN-1500", "KN-1501", "KN-1502", "KN-1503", "KN-1504", "KN-1505", "KN-1603"] as const),
  ],
  async handler(call) {
    const { tenant, project } = call.params;
    const { environment: name, app = "app", spec, source } = call.body;
    const path = tenantPath(call.env, tenant);
    // Not call.read, which prepares for a commit: nothing is written here.
    const [rows] = await call.look(path.db, [findEnvironment(path, project, name)]);
    const found = foundEnvironment(rows?.results[0]);
    openEnvironment(call, { tenant, project, environment: name }, found);
    const environment = present("environment", name, found.environment);
    const clusterId = renderable(environment);
    const resource = releaseResource({
      ...{ tenant, project, app, environment: name, namespace: environment.namespace },
      ...{ id: call.newId("release"), appId: call.newId("app"), revisionId: call.newId("revision") },
      revisionNumber: 0,
      specDigest: await digestOf(spec ?? source),
      source: spec ? sourceFor(spec, name) : (source as NonNullable<typeof source>),
    });
    const { namespace } = environment;
    const rendering = await askCluster(call, clusterId, {
      target: { kind: "render", namespace },
      body: inCluster(resource, clusterId),
      deadlineMs: DEADLINE_MS,
      answer: renderingSchema,
      maxBytes: MAX_RENDERING_BYTES,
    });
    if (!rendering.ok) {
      const { stage, code, errors } = rendering;
      throw new KubeNovaError("KN-1313", `It does not render: ${inWords(errors)}`, {
        stage,
        code,
        errors,
      });
    }
    const { ok: _, ...shown } = rendering;
    return {
      status: 200,
      body: { environment: name, cluster: environment.clusterName, namespace, ...shown },
    };
  },
});

/** @throws KubeNovaError KN-1309, KN-1310: no controllers run in a read-only cluster */
function renderable({ clusterId, clusterMode }: PlacedEnvironment): string {
  if (clusterId === null || clusterMode === null) throw new KubeNovaError("KN-1309");
  if (clusterMode === "read-only") throw new KubeNovaError("KN-1310");
  return clusterId;
}

/** The first, and how many more there are. */
function inWords([first, ...more]: readonly RenderError[]): string {
  const rest = more.length > 0 ? ` (and ${more.length} more)` : "";
  return `${first ? errorLine(first) : "no reason is known"}${rest}`;
}
