import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import type { ApplyAs } from "../../protocol/resources/graph.ts";
import type { ActAs } from "./context.ts";

/**
 * Who a graph's writes are made as, whatever its spec says (decisions.md 1). Outside the agent's own namespace that is
 * the applier ServiceAccount of the graph's namespace and nobody else: who can write a ResourceGraph there gains nothing
 * that the applier could not do. Inside it any ServiceAccount may be named, and the agent itself.
 */
export function actAs(applyAs: ApplyAs, graphNamespace: string, systemNamespace: string): ActAs {
  const { kind, namespace = graphNamespace, name } = applyAs;
  const isSystem = graphNamespace === systemNamespace;
  if (kind === "Agent") {
    return isSystem ? {} : { refused: `a graph outside ${systemNamespace} may not act as the agent itself` };
  }
  if (!name) return { refused: "applyAs names no ServiceAccount" };
  const isApplier = namespace === graphNamespace && name === APPLIER_SERVICE_ACCOUNT;
  if (!isSystem && !isApplier) {
    return {
      refused: `a graph in ${graphNamespace} may act as ${graphNamespace}/${APPLIER_SERVICE_ACCOUNT} only, not as ${namespace}/${name}`,
    };
  }
  return { as: { namespace, serviceAccount: name } };
}
