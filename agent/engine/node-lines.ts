import { canonicalJson } from "../../domain/canonical/index.ts";
import { type NodeStatus, nodeStatusSchema } from "../../protocol/resources/graph.ts";
import { MAX_SHARD_BYTES, MAX_SHARDS } from "../../protocol/resources/graph-shard.ts";
import { type Chunk, digestOfText, documentsOf, escapedBytes } from "./shards.ts";
import { shown } from "./shown-nodes.ts";

/**
 * The states of all nodes of a graph, as shards: one node a line. A node's shard is told by its id alone, so that a node
 * that changes, comes or goes leaves all other shards as they were.
 */

/** Nodes of a shard at most, on average; twice as many nodes make twice as many shards. */
const NODES_EACH = 160;
/** Half of what a graph may name: what is long takes more than one. */
const MOST = MAX_SHARDS / 2;
/** Within a shard. Longer ones lose detail. */
const MAX_LINE_BYTES = 3_072;
const SHORT_CHARS = 256;

/** Undefined where they are more than a graph may name. */
export function chunksOfNodes(nodes: readonly NodeStatus[]): Chunk[] | undefined {
  for (const lineOf of [fullLine, briefLine]) {
    const contents = groupsOf(nodes).flatMap((group) => packed(group.map(lineOf)));
    if (contents.length <= MAX_SHARDS)
      return contents.map((content) => ({ digest: digestOfText(content), content }));
  }
  return undefined;
}

/** @throws where it is not such a text */
export const nodesOfChunks = (contents: readonly string[]): NodeStatus[] =>
  documentsOf(contents).map((document) => nodeStatusSchema.parse(document));

function groupsOf(nodes: readonly NodeStatus[]): NodeStatus[][] {
  let count = 1;
  while (count < MOST && count * NODES_EACH < nodes.length) count *= 2;
  const groups: NodeStatus[][] = Array.from({ length: count }, () => []);
  for (const node of nodes) groups[hashOf(node.id) % count]?.push(node);
  for (const group of groups) group.sort((a, b) => (a.id < b.id ? -1 : 1));
  return groups.filter((group) => group.length > 0);
}

function packed(lines: readonly string[]): string[] {
  const contents: string[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const size = escapedBytes(line);
    if (bytes + size > MAX_SHARD_BYTES) {
      contents.push("");
      bytes = 0;
    }
    contents[contents.length - 1] += line;
    bytes += size;
  }
  return contents;
}

function fullLine(node: NodeStatus): string {
  const line = `${canonicalJson(shown(node))}\n`;
  if (line.length * 6 <= MAX_LINE_BYTES || escapedBytes(line) <= MAX_LINE_BYTES) return line;
  const { readyDetails: _, conflicts: __, blockedBy, message, lastError, ...rest } = node;
  return `${canonicalJson({
    ...rest,
    ...(message ? { message: short(message) } : {}),
    ...(lastError ? { lastError: short(lastError) } : {}),
    ...(blockedBy?.[0] ? { blockedBy: [blockedBy[0]] } : {}),
  })}\n`;
}

const briefLine = ({ id, kind, namespace, name, state, since }: NodeStatus): string =>
  `${canonicalJson({ id, kind, name, state, ...(namespace ? { namespace } : {}), ...(since ? { since } : {}) })}\n`;

const short = (text: string): string =>
  text.length <= SHORT_CHARS ? text : `${text.slice(0, SHORT_CHARS - 1)}…`;

/** FNV-1a. */
function hashOf(id: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1)
    state = Math.imul(state ^ id.charCodeAt(index), 0x01000193);
  return state >>> 0;
}
