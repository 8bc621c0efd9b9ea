import { MAX_STATUS_NODES, type NodeStatus } from "../../protocol/resources/graph.ts";
import { MAX_MESSAGE_LENGTH } from "../../protocol/resources/status.ts";

/** Since when a node is in the state that it is in. */
export type SinceOf = (node: NodeStatus) => string | undefined;

const SHOWN_FIRST: readonly NodeStatus["state"][] = [
  "Failed",
  "Refused",
  "Degraded",
  "Progressing",
  "Applying",
  "Pruning",
  "Blocked",
  "Waiting",
  "Drifted",
  "Disabled",
  "Kept",
  "Ready",
];

/** Those that are not ready first, else in the graph's order; at most MAX_STATUS_NODES, messages cut. */
export function shownNodes(nodes: readonly NodeStatus[], max = MAX_STATUS_NODES): NodeStatus[] {
  const rank = (node: NodeStatus) => SHOWN_FIRST.indexOf(node.state);
  return [...nodes]
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, max)
    .map(shown);
}

/** Messages cut. */
export const shown = ({ message, lastError, ...node }: NodeStatus): NodeStatus => ({
  ...node,
  ...(message ? { message: cut(message) } : {}),
  ...(lastError ? { lastError: cut(lastError) } : {}),
});

/** Each with the time since when it is in its state: the former status's, where it says the same. */
export function since(
  nodes: readonly NodeStatus[],
  former: readonly NodeStatus[] = [],
  now: string,
  sinceOf?: SinceOf,
): NodeStatus[] {
  const before = new Map(former.map((node) => [node.id, node]));
  return nodes.map((node) => {
    const { id, kind, namespace, name, state, ...rest } = node;
    const old = before.get(id);
    const known = (old?.state === state ? old.since : undefined) ?? sinceOf?.(node);
    return {
      ...{ id, kind, name, state, since: known ?? now },
      ...(namespace ? { namespace } : {}),
      ...rest,
    };
  });
}

export const cut = (message: string): string =>
  message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
