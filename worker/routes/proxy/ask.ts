import type { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { StreamTarget } from "../../../protocol/tunnel/frames.ts";
import type { Call } from "../../routing/call.ts";
import { IDLE_MS, openStream } from "./open.ts";

export interface Question<S extends z.ZodType> {
  target: StreamTarget;
  body?: unknown;
  deadlineMs: number;
  answer: S;
  /** Of the answer. */
  maxBytes: number;
}

/**
 * Asks a cluster's agent a question whose answer is one JSON value.
 * @throws KubeNovaError KN-1500 to KN-1504; KN-1502 where the answer is not what was asked for; the agent's own codes
 */
export async function askCluster<S extends z.ZodType>(
  call: Call,
  clusterId: string,
  { target, body, deadlineMs, answer, maxBytes }: Question<S>,
): Promise<z.output<S>> {
  const response = await openStream(call, clusterId, {
    open: { target, deadlineMs, idleMs: IDLE_MS, correlationId: call.correlationId },
    ...(body === undefined ? {} : { body: new Response(JSON.stringify(body)).body }),
  });
  const text = await readAll(response, maxBytes);
  const parsed = response.status === 200 ? answer.safeParse(jsonOf(text)) : undefined;
  if (parsed?.success) return parsed.data;
  const issue = parsed?.error?.issues[0];
  const reason = issue
    ? `the agent's answer is not one that this manager knows: ${issue.path.join(".")}: ${issue.message}`
    : `the agent answered with status ${response.status}`;
  throw new KubeNovaError("KN-1502", undefined, { reason });
}

async function readAll(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) break;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw new KubeNovaError("KN-1504", undefined, { reason: String(error).slice(0, 500) });
  }
  if (bytes <= maxBytes) return text + decoder.decode();
  throw new KubeNovaError("KN-1502", undefined, { reason: `the answer has more than ${maxBytes} bytes` });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
