import {
  type DocumentStatus,
  documentStatusSchema,
  MAX_MESSAGE_LENGTH,
  MAX_REPORTED_NODES,
} from "../../protocol/resources/status.ts";

/**
 * A status within the bounds of its frame: the manager ends a session over a frame that is not, and one controller's long
 * message must not cut off a cluster. Undefined where it cannot be made to fit.
 */
export function bounded(status: DocumentStatus): DocumentStatus | undefined {
  const { message, nodes, ...rest } = status;
  const cut = (text: string) => text.slice(0, MAX_MESSAGE_LENGTH);
  const fitting = {
    ...rest,
    ...(message === undefined ? {} : { message: cut(message) }),
    ...(nodes === undefined
      ? {}
      : {
          nodes: nodes
            .slice(0, MAX_REPORTED_NODES)
            .map((node) => (node.message === undefined ? node : { ...node, message: cut(node.message) })),
        }),
  };
  const parsed = documentStatusSchema.safeParse(fitting);
  return parsed.success ? parsed.data : undefined;
}
