import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edgeFrameSchema } from "../../protocol/tunnel/frames.ts";
import { TestEdge } from "../../test/agent/edge.ts";
import { connectStreams } from "../../test/agent/streams.ts";
import { plan } from "../../test/attack/plan.ts";
import { until } from "../../test/lib/until.ts";
import type { Kube } from "../kube/index.ts";
import { createMetrics } from "../metrics.ts";
import type { Tunnel } from "../tunnel/index.ts";

let edge: TestEdge;
let tunnel: Tunnel;
const stop = new AbortController();
const metrics = createMetrics();

/** Requests of the cluster's API under way: each open stream has one, which ends with it. */
let underWay = 0;
const kube = {
  list: async (_kind: unknown, { namespace, signal }: { namespace: string; signal: AbortSignal }) => {
    if (namespace === "answers") return { items: [] };
    underWay += 1;
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    underWay -= 1;
    throw signal.reason;
  },
} as unknown as Kube;

beforeAll(async () => {
  edge = await TestEdge.start();
  tunnel = await connectStreams({ edge, kube, metrics, signal: stop.signal });
});
afterAll(async () => {
  stop.abort(new Error("the test is over"));
  await tunnel?.stopped;
  await edge?.stop();
});

type Fields = Record<string, unknown>;
const openFrame = (s: number, namespace = "waits"): Fields => ({
  t: "open",
  s,
  deadlineMs: 600_000,
  correlationId: "c",
  credit: 1_000,
  target: { kind: "pods", namespace, selector: "" },
});
const frameOf = {
  open: openFrame,
  credit: (s: number): Fields => ({ t: "credit", s, upTo: 2_000 }),
  end: (s: number): Fields => ({ t: "end", s, at: 0, closeCode: 1000, closeReason: "" }),
  cancel: (s: number): Fields => ({ t: "cancel", s, code: "x", message: "" }),
};
type Kind = keyof typeof frameOf;
interface Step {
  kind: Kind;
  s: number;
  /** A field, and what stands there instead; undefined: nothing. */
  wrong?: [string, unknown];
}

const KINDS = Object.keys(frameOf) as Kind[];
const FEW_STREAMS = 6;
const frameText = ({ kind, s, wrong }: Step): string =>
  JSON.stringify({ ...frameOf[kind](s), ...(wrong ? { [wrong[0]]: wrong[1] } : {}) });
const isValid = (step: Step): boolean => edgeFrameSchema.safeParse(JSON.parse(frameText(step))).success;

const stream = fc.integer({ min: 1, max: FEW_STREAMS });
const kind = fc.constantFrom(...KINDS);
const nonsense = fc.oneof(
  fc.constantFrom(undefined, null, -1, 1.5, 1e300, true, [], {}, { kind: "pods" }, "x".repeat(20_000)),
  fc.jsonValue(),
);
const wrongStep: fc.Arbitrary<Step> = kind
  .chain((each) => {
    const fields = Object.keys(frameOf[each](1)).filter((field) => field !== "t" && field !== "s");
    return fc.record({
      kind: fc.constant(each),
      s: stream,
      wrong: fc.tuple(fc.constantFrom(...fields), nonsense),
    });
  })
  .filter((step) => !isValid(step));
const steps = fc.array(fc.oneof(fc.record({ kind, s: stream }), wrongStep), { maxLength: 40 });

/** What the agent must make of it: the streams that stay, and those whose end it must tell. */
function model(of: Step[]): { open: Set<number>; cancelled: number[] } {
  const open = new Set<number>();
  const cancelled: number[] = [];
  for (const { kind: what, s, wrong } of of) {
    if (!wrong && what === "open") open.add(s);
    else if (!wrong && what === "cancel") open.delete(s);
    else if (wrong && (open.delete(s) || what === "open")) cancelled.push(s);
  }
  return { open, cancelled };
}

let nextBarrier = 1_000;
/** Frames of one socket are read in order: once a stream after them is answered, all before it were seen. */
async function seenByAgent(): Promise<void> {
  const s = ++nextBarrier;
  edge.socket?.send(JSON.stringify(openFrame(s, "answers")));
  await until("a later stream is answered", () =>
    edge.frames.some((each) => each.t === "end" && each.s === s),
  );
  edge.socket?.send(JSON.stringify({ t: "end", s, at: 0 }));
}
const openStreams = (): number => Number(/kubenova_agent_streams_open (\d+)/.exec(metrics.text())?.[1]);

describe("a frame of a stream that is not valid", () => {
  it("cancels that stream and says why; its neighbour goes on", async () => {
    edge.frames.length = 0;
    for (const step of [
      { kind: "open", s: 1 },
      { kind: "open", s: 2 },
      { kind: "open", s: 3, wrong: ["deadlineMs", 0] },
      { kind: "credit", s: 1, wrong: ["upTo", "all"] },
    ] satisfies Step[])
      edge.socket?.send(frameText(step));
    await seenByAgent();
    expect(edge.frames.filter(({ t }) => t === "cancel")).toEqual([
      {
        t: "cancel",
        s: 3,
        code: "protocol",
        message: expect.stringMatching(/malformed open frame: deadlineMs/),
      },
      { t: "cancel", s: 1, code: "protocol", message: expect.stringMatching(/malformed credit frame: upTo/) },
    ]);
    expect(underWay).toBe(1);
    edge.socket?.send(frameText({ kind: "cancel", s: 2 }));
    await until("no stream is left", () => underWay === 0);
  });

  it("in whatever order: no session ends, no stream is left, and no other is cancelled", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        edge.frames.length = 0;
        for (const step of all) edge.socket?.send(frameText(step));
        await seenByAgent();
        const { open, cancelled } = model(all);
        expect(edge.frames.flatMap((each) => (each.t === "cancel" ? [each.s] : []))).toEqual(cancelled);
        await until("what should be open is", () => underWay === open.size && openStreams() === open.size);
        for (const s of open) edge.socket?.send(frameText({ kind: "cancel", s }));
        await until("all are over", () => underWay === 0 && openStreams() === 0);
        expect(edge.session).toBe(1);
      }),
      { numRuns: plan.times(50) },
    );
  });

  it.each([
    ["has no id", { t: "open", deadlineMs: 1 }],
    ["has an id that is none", { ...openFrame(0) }],
    ["is of no stream", { t: "status-ack", n: 0 }],
  ])("that %s ends the session: nobody can be told", async (_what, frame) => {
    const { session } = edge;
    edge.socket?.send(JSON.stringify(frame));
    await edge.connected(session + 1);
    await until("the tunnel knows", () => tunnel.status().session === session + 1);
  });
});
