import { KubeNovaError } from "../../../domain/errors/index.ts";
import { toDot } from "../../../domain/graph/dot.ts";
import { toMermaid } from "../../../domain/graph/mermaid.ts";
import { liveGraphSchema, MAX_RENDERING_BYTES } from "../../../protocol/resources/rendering.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { findReleases, releasesOf } from "../../store/releases.ts";
import { tenantPath } from "../../store/scope.ts";
import { askCluster } from "../proxy/ask.ts";
import { iso } from "../shared/catalogue.ts";
import { openRelease } from "../shared/place.ts";
import {
  type GraphFormat,
  graphExample,
  graphQuery,
  type ReleaseGraph,
  releaseGraphSchema,
} from "./graph-schema.ts";
import { type ReleaseView, viewsOf } from "./json.ts";
import { releaseParams } from "./schema.ts";

const DEADLINE_MS = 10_000;

const MEDIA = { dot: "text/vnd.graphviz", mermaid: "text/vnd.mermaid" } as const;
const drawing = { title: "web in staging", ...graphExample };

export const getReleaseGraph = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}/releases/{environment}/graph",
  operationId: "getReleaseGraph",
  tag: "releases",
  summary: "Get the graph of an app in an environment: nodes, edges, states",
  description:
    "From the cluster, as it is now; where the cluster is away, what it last said, and `source` says so. As DOT or Mermaid text by `format` or `Accept`.",
  action: "release:get",
  params: releaseParams,
  query: graphQuery,
  answers: {
    200: {
      description: "The graph.",
      schema: releaseGraphSchema,
      example: graphExample,
      otherMedia: { [MEDIA.dot]: toDot(drawing), [MEDIA.mermaid]: toMermaid(drawing) },
    },
  },
  errors: ["KN-1009", "KN-1309", "KN-1501", "KN-1502", "KN-1503", "KN-1504", "KN-1505", "KN-1603"],
  async handler(call) {
    const { project, app, environment } = call.params;
    const path = tenantPath(call.env, call.params.tenant);
    const [parent, rows] = await call.read(path.db, [
      findAppPath(path, project, app),
      findReleases(path, { project, app, environment }),
    ]);
    const found = releasesOf(rows?.results);
    openRelease(call, call.params, {
      ...foundIn(parent?.results[0]),
      environment: found[0]?.environment,
    });
    const format = call.query.format ?? accepted(call.request.headers.get("accept"));
    const [view] = viewsOf(found);
    if (!view) throw new KubeNovaError("KN-1200", `'${app}' was never deployed to '${environment}'.`);
    const graph = await graphOf(call, app, view);
    if (format === "json") return { status: 200, body: graph };
    const drawn = { ...graph, title: titleOf(graph) };
    return new Response(format === "dot" ? toDot(drawn) : toMermaid(drawn), {
      headers: { "Content-Type": `${MEDIA[format]}; charset=utf-8`, "Cache-Control": "no-store" },
    });
  },
});

async function graphOf(call: Call, app: string, view: ReleaseView): Promise<ReleaseGraph> {
  const { name, clusterId, clusterName, namespace } = view.environment;
  if (clusterId === null || clusterName === null) throw new KubeNovaError("KN-1309");
  const place = { app, environment: name, cluster: clusterName, namespace };
  try {
    const { generation, observedGeneration, ...live } = await askCluster(call, clusterId, {
      target: { kind: "graph", namespace, app },
      deadlineMs: DEADLINE_MS,
      answer: liveGraphSchema,
      maxBytes: MAX_RENDERING_BYTES,
    });
    const current = generation === observedGeneration;
    return { ...place, source: "live", at: iso(Date.now()), current, ...live };
  } catch (error) {
    if (!(error instanceof KubeNovaError) || error.code !== "KN-1500") throw error;
    return { ...place, ...lastKnown(view) };
  }
}

/** What the cluster last said; it never says that it is so now. */
function lastKnown({
  release,
}: ReleaseView): Omit<ReleaseGraph, "app" | "environment" | "cluster" | "namespace"> {
  const { status, statusAt, observedRevision, desiredRevision } = release;
  return {
    source: "last-known",
    at: iso(statusAt ?? release.updatedAt),
    ...(status ? { phase: status.phase } : {}),
    ...(status?.message ? { message: status.message } : {}),
    ...(status?.since ? { since: status.since } : {}),
    current: observedRevision === desiredRevision,
    nodes: status?.nodes ?? [],
    edges: [],
  };
}

const titleOf = ({ app, environment, phase = "Pending", source, at }: ReleaseGraph): string =>
  `${app} in ${environment}: ${phase}${source === "live" ? "" : ` (last known, ${at})`}`;

/** @throws KubeNovaError KN-1009 */
function accepted(accept: string | null): GraphFormat {
  const types = (accept ?? "*/*").split(",").map((part) => part.split(";")[0]?.trim().toLowerCase() ?? "");
  for (const type of types) {
    if (type === MEDIA.dot) return "dot";
    if (type === MEDIA.mermaid) return "mermaid";
    if (["application/json", "application/*", "*/*"].includes(type)) return "json";
  }
  throw new KubeNovaError("KN-1009");
}
