import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { StreamOpen } from "../../../durable-objects/rpc.ts";
import type { Call } from "../../routing/call.ts";
import { DEADLINE_MS, IDLE_MS, openStream } from "../proxy/open.ts";

const count = (min: number, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,8}$/, `a number from ${min} to ${max}`)
    .refine((text) => Number(text) >= min && Number(text) <= max, `a number from ${min} to ${max}`)
    .transform(Number);
const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const nameOf = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "not a Kubernetes name");

export const namespaceSchema = nameOf(63).meta({ examples: ["acme-shop-staging"] });
export const podSchema = nameOf(253).meta({ examples: ["web-7d9c5b6f4-x2x8z"] });

/** What a log can be asked for, as Kubernetes names it. */
export const logQuery = {
  container: nameOf(63).optional(),
  follow: flag
    .optional()
    .meta({ description: "Stays open and gives lines as they come, as NDJSON or events." }),
  tailLines: count(0, 100_000)
    .optional()
    .meta({ examples: ["100"] }),
  sinceSeconds: count(1, 31_536_000).optional(),
  timestamps: flag.optional(),
  previous: flag.optional().meta({ description: "Of the container's run before." }),
};
export type LogQuery = { [K in keyof typeof logQuery]?: z.output<(typeof logQuery)[K]> };

/** Text where all of it is there at once; line by line where it is followed, since only lines have a harmless byte between. */
function linesOf(request: Request, follow: boolean): StreamOpen["lines"] {
  const accept = request.headers.get("accept") ?? "";
  if (accept.includes("text/event-stream")) return "sse";
  return follow || accept.includes("application/x-ndjson") ? "ndjson" : undefined;
}

/** The log of one pod. @throws KubeNovaError KN-1200 where there is no such pod, KN-1502 with the API server's words */
export async function podLog(
  call: Call,
  clusterId: string,
  at: { namespace: string; pod: string } & LogQuery,
): Promise<Response> {
  const { namespace, pod, follow = false, ...query } = at;
  const lines = linesOf(call.request, follow);
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  const response = await openStream(call, clusterId, {
    open: {
      target: { kind: "logs", namespace, pod, follow, ...given },
      deadlineMs: DEADLINE_MS,
      idleMs: IDLE_MS,
      correlationId: call.correlationId,
      ...(lines ? { lines } : {}),
    },
  });
  if (response.status !== 200) throw await refusal(response);
  const headers = new Headers({ "Cache-Control": "no-store" });
  headers.set("Content-Type", response.headers.get("content-type") ?? "text/plain; charset=utf-8");
  return new Response(response.body, { headers });
}

export interface PodSummary {
  name: string;
  namespace: string;
  phase: string;
  ready: boolean;
  containers: string[];
  startedAt?: string | undefined;
}

export const podListSchema = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        namespace: z.string(),
        phase: z.string(),
        ready: z.boolean(),
        containers: z.array(z.string()),
        startedAt: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "PodList" });

export async function listPods(
  call: Call,
  clusterId: string,
  target: { namespace: string; selector: string },
): Promise<PodSummary[]> {
  const response = await openStream(call, clusterId, {
    open: {
      target: { kind: "pods", ...target },
      deadlineMs: DEADLINE_MS,
      idleMs: IDLE_MS,
      correlationId: call.correlationId,
    },
  });
  if (response.status !== 200) throw await refusal(response);
  return podListSchema.parse(await response.json()).items;
}

const MAX_REASON = 500;

/** What the cluster's API server said instead. */
async function refusal(response: Response): Promise<KubeNovaError> {
  const text = await response.text();
  let reason = text;
  try {
    reason = String((JSON.parse(text) as { message?: unknown }).message ?? text);
  } catch {
    // It is no Status object.
  }
  const code = response.status === 404 ? "KN-1200" : "KN-1502";
  return new KubeNovaError(code, reason.slice(0, MAX_REASON), {
    status: response.status,
    reason: reason.slice(0, MAX_REASON),
  });
}
