import type { z } from "zod";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import type { Violation } from "../../protocol/resources/policy.ts";
import type { Clock } from "../kube/clock.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import {
  type PinsAnswer,
  type PinsRequest,
  pinsAnswerSchema,
  type RenderedAnswer,
  type RenderRequest,
  renderedAnswerSchema,
} from "./contract.ts";
import { ChildEnded } from "./ends.ts";
import { failed, RenderError, type RenderErrorCode } from "./errors.ts";
import { DEFAULT_LIMITS, type RenderLimits } from "./limits.ts";
import { createRenderMetrics } from "./metrics.ts";
import { createPool } from "./pool.ts";

/** What is wrong with an answer is told so often. */
const MAX_ISSUES = 20;

type Unnumbered<T> = Omit<T, "id">;

export type RenderInput = Omit<RenderRequest, "op" | "id">;

export interface Rendered {
  nodes: GraphNode[];
  violations: Violation[];
  /** Of what evaluated it, such as `cue v0.17.1`. */
  languageVersion: string;
}

export interface Pin {
  path: string;
  version: string;
}

export interface Renderer {
  /** From a module and an input to nodes and violations. @throws RenderError; the signal's reason where it aborts */
  render(request: RenderInput, signal?: AbortSignal): Promise<Rendered>;
  /** What a module's cue.mod/module.cue depends on; `namespace`: whose turn it takes. @throws RenderError */
  pins(module: string, namespace: string, signal?: AbortSignal): Promise<Pin[]>;
  /** Ends all processes; what still runs or waits ends with `stopped`. */
  stop(): Promise<void>;
}

export interface RendererOptions {
  /** Path of the built agent/renderer. */
  binary: string;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  limits?: Partial<RenderLimits>;
}

export function createRenderer({ binary, clock, log, metrics, limits: some }: RendererOptions): Renderer {
  const limits = { ...DEFAULT_LIMITS, ...some };
  const figures = createRenderMetrics(metrics);
  const pool = createPool({
    ...{ binary, limits, clock },
    onEnd(reason) {
      figures.ended(reason);
      // Its last words may quote the module.
      log.warn("a renderer ended in the middle of a render", { reason });
    },
  });
  figures.watch(pool);
  let lastId = 0;

  const ask = async <T extends RenderedAnswer | PinsAnswer>(
    key: string,
    request: Unnumbered<RenderRequest> | Unnumbered<PinsRequest>,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<Exclude<T, { ok: false }>> => {
    lastId += 1;
    const line = JSON.stringify({ ...request, id: lastId });
    if (Buffer.byteLength(line) > limits.requestBytes) {
      throw failed(
        "too-large",
        `module, input and policies are more than ${limits.requestBytes} bytes together`,
      );
    }
    const answer = parse(await pool.run(key, line, signal).catch(explain), schema);
    if (answer.ok) return answer as Exclude<T, { ok: false }>;
    throw new RenderError(answer.code, answer.errors);
  };

  return {
    render: (request, signal) =>
      figures.measured(clock, async () => {
        const asked: Unnumbered<RenderRequest> = { op: "render", ...request };
        const key = request.context.namespace;
        const { id: _, ok: __, ...rendered } = await ask(key, asked, renderedAnswerSchema, signal);
        return rendered;
      }),
    async pins(module, namespace, signal) {
      const asked: Unnumbered<PinsRequest> = { op: "pins", module };
      const { pins } = await ask(namespace, asked, pinsAnswerSchema, signal);
      return pins;
    },
    stop: () => pool.stop(),
  };
}

const CODES: Partial<Record<ChildEnded["reason"], RenderErrorCode>> = {
  killed: "unavailable",
  "failed-to-start": "unavailable",
  timeout: "timeout",
  "out-of-memory": "out-of-memory",
  "too-large": "too-large",
  crashed: "crashed",
  stopped: "stopped",
};

function explain(error: unknown): never {
  if (!(error instanceof ChildEnded)) throw error;
  throw failed(CODES[error.reason] ?? "unavailable", error.message);
}

/** What CUE's schema of a node lets pass and the graph's does not, such as an unknown mode, is found here. */
function parse<T>(line: string, schema: z.ZodType<T>): T {
  const answer: unknown = JSON.parse(line);
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  throw new RenderError(
    "invalid-output",
    issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({ path: pathOf(path, answer), message })),
  );
}

/** A node is called by its id, as in the module. */
function pathOf([first, index, ...rest]: readonly PropertyKey[], answer: unknown): string {
  const { nodes = [] } = answer as { nodes?: { id?: string }[] };
  const id = typeof index === "number" ? nodes[index]?.id : undefined;
  return [first, id ?? index, ...rest].filter((part) => part !== undefined).join(".");
}
