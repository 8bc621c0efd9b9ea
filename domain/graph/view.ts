import { z } from "zod";

/** Nodes of one graph: protocol/resources/graph.ts has the same bound. */
const MAX_VIEW_NODES = 5_000;
const MAX_VIEW_EDGES = 50_000;

export const viewNodeSchema = z.object({
  id: z.string().max(512),
  apiVersion: z.string().max(317).optional(),
  kind: z.string().max(64),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
  state: z.string().max(32),
  message: z.string().max(1024).optional(),
  /** When this state was entered. */
  since: z.iso.datetime().optional(),
  /** Failures in a row. */
  attempts: z.int().min(0).optional(),
  lastError: z.string().max(1024).optional(),
  blockedBy: z.array(z.string().max(512)).max(MAX_VIEW_NODES).optional(),
});
export type ViewNode = z.infer<typeof viewNodeSchema>;

export const viewEdgeSchema = z.object({
  from: z.string().max(512),
  /** Starts when `from` is ready. */
  to: z.string().max(512),
  /** explicit: written in `dependsOn`. implied: the engine knows that `to` needs `from`. */
  kind: z.enum(["explicit", "implied"]),
});
export type ViewEdge = z.infer<typeof viewEdgeSchema>;

export const viewNodesSchema = z.array(viewNodeSchema).max(MAX_VIEW_NODES);
export const viewEdgesSchema = z.array(viewEdgeSchema).max(MAX_VIEW_EDGES);

/** A graph as it is drawn. */
export interface Drawing {
  title: string;
  nodes: readonly ViewNode[];
  edges: readonly ViewEdge[];
}

export type Tone = "good" | "busy" | "waiting" | "bad" | "unknown";

const TONES: Readonly<Record<string, Tone>> = {
  Ready: "good",
  Applying: "busy",
  Progressing: "busy",
  Pruning: "busy",
  Waiting: "waiting",
  Blocked: "waiting",
  Degraded: "bad",
  Failed: "bad",
  Refused: "bad",
};

/** How a state looks, so that a picture is read at a glance; a state that is not known here looks like one. */
export const toneOf = (state: string): Tone => TONES[state] ?? "unknown";

export const FILL: Readonly<Record<Tone, string>> = {
  good: "#d7f5dd",
  busy: "#d8e8ff",
  waiting: "#eeeeee",
  bad: "#ffd9d6",
  unknown: "#ffffff",
};

/** Characters of one line of a label: a picture, not a log. */
const MAX_LINE = 120;

/** The lines of a node's label: what it is, how it is, and why. */
export function labelLines({ kind, namespace, name, state, message }: ViewNode): string[] {
  const line = (text: string) => {
    const flat = text.replace(/\s+/g, " ").trim();
    const characters = [...flat];
    return characters.length <= MAX_LINE ? flat : `${characters.slice(0, MAX_LINE - 1).join("")}…`;
  };
  const object = `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
  return [object, state, ...(message && state !== "Ready" ? [message] : [])].map(line);
}
