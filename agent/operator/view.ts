import { type ViewNode, viewNodeSchema } from "../../domain/graph/view.ts";
import type { NodeStatus } from "../../protocol/resources/graph.ts";
import type { LiveGraphView } from "../../protocol/resources/rendering.ts";
import { MAX_MESSAGE_LENGTH } from "../../protocol/resources/status.ts";
import type { Engine } from "../engine/index.ts";

/** How a graph stands now, node by node and edge by edge; undefined where there is none. */
export async function viewGraph(
  engine: Pick<Engine, "get" | "status" | "nodes" | "plan">,
  key: string,
): Promise<LiveGraphView | undefined> {
  const live = engine.get(key);
  if (!live) return undefined;
  const { nodes } = live.spec;
  const plan = nodes && (await engine.plan({ nodes }, live.metadata.namespace ?? ""));
  const { phase, message, since, observedGeneration } = engine.status(key) ?? {};
  const states = engine.nodes(key) ?? [];
  const apiVersions = new Map(nodes?.map(({ id, object }) => [id, object.apiVersion]));
  const known = new Set(states.map(({ id }) => id));
  const version = live.spec.metadata?.version;
  return {
    ...(version === undefined ? {} : { revision: version }),
    generation: live.metadata.generation ?? 0,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(phase ? { phase } : {}),
    ...(message ? { message } : {}),
    ...(since ? { since } : {}),
    nodes: [
      ...states.map((state) => viewNode(state, apiVersions.get(state.id))),
      ...(nodes ?? []).filter(({ id }) => !known.has(id)).map(notSeenYet),
    ],
    edges: plan && "edges" in plan ? plan.edges : [],
  };
}

/** Fields of a node's status that a view does not have are left out. */
const viewNode = (state: NodeStatus, apiVersion: string | undefined): ViewNode =>
  viewNodeSchema.parse({
    ...state,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(state.message === undefined ? {} : { message: state.message.slice(0, MAX_MESSAGE_LENGTH) }),
    ...(state.lastError === undefined ? {} : { lastError: state.lastError.slice(0, MAX_MESSAGE_LENGTH) }),
  });

/** The engine has not begun with this specification, or refused it. */
const notSeenYet = ({
  id,
  object: { apiVersion, kind, metadata },
}: {
  id: string;
  object: { apiVersion: string; kind: string; metadata: { name: string; namespace?: string | undefined } };
}): ViewNode => ({
  id,
  apiVersion,
  kind,
  name: metadata.name,
  ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
  state: "Waiting",
});
