import { describe, expect, it } from "vitest";
import { decodeData } from "../../protocol/tunnel/data.ts";
import type { AgentFrame } from "../../protocol/tunnel/frames.ts";
import { MAX_DATA_BYTES, STREAM_WINDOW_BYTES } from "../../protocol/tunnel/limits.ts";
import type { Link } from "../tunnel/types.ts";
import { createWriter, type Wire } from "../tunnel/writer.ts";
import { createStream } from "./stream.ts";
import type { Open, StreamCore } from "./types.ts";

interface SentData {
  data: number;
  offset: number;
  bytes: number;
  end: boolean;
}
type Sent = AgentFrame | SentData;

/** A wire that takes messages only when it is told to. */
function setUp() {
  const out: Sent[] = [];
  const wire = { bufferedAmount: 0 };
  const done: (() => void)[] = [];
  const fake: Wire = {
    get bufferedAmount() {
      return wire.bufferedAmount;
    },
    send(message, sent) {
      if (typeof message === "string") out.push(JSON.parse(message) as AgentFrame);
      else {
        const frame = decodeData(message);
        if (frame) {
          const { stream, offset, payload, messageEnd } = frame;
          out.push({ data: stream, offset, bytes: payload.byteLength, end: messageEnd });
        }
      }
      done.push(sent);
    },
  };
  const writer = createWriter(fake);
  const link = {
    send: (frame: AgentFrame) => writer.control([JSON.stringify(frame)]),
    wake: writer.wake,
    forget: writer.forget,
  } as unknown as Link;
  const open = (s: number, credit: number): StreamCore => {
    const target = { kind: "pods", namespace: "n", selector: "" } as const;
    const frame: Open = { t: "open", s, deadlineMs: 1_000, correlationId: "c", credit, target };
    return createStream(frame, link, { onOver: () => {}, onSaidAll: () => {} });
  };
  const drain = () => {
    wire.bufferedAmount = 0;
    for (const each of done.splice(0)) each();
  };
  return { out, wire, open, drain };
}

const message = (bytes: number, messageEnd = false) => ({
  bytes: new Uint8Array(bytes),
  messageEnd,
  text: false,
});
const dataOf = (out: readonly Sent[], stream: number) =>
  out.flatMap((each) => ("data" in each && each.data === stream ? [each] : []));

describe("bytes towards the edge", () => {
  it("follow the head, never exceed the credit, and come before the end", async () => {
    const { out, open } = setUp();
    const stream = open(1, 100);
    void stream.write(message(250));
    stream.opened(200, []);
    stream.end();
    expect(dataOf(out, 1)).toMatchObject([{ offset: 0, bytes: 100 }]);
    stream.onCredit(90);
    expect(dataOf(out, 1)).toHaveLength(1);
    stream.onCredit(300);
    expect(out.at(-1)).toMatchObject({ t: "end", s: 1, at: 250 });
    expect(dataOf(out, 1).reduce((sum, { bytes }) => sum + bytes, 0)).toBe(250);
  });

  it("keep the boundaries of messages over several frames", () => {
    const { out, open } = setUp();
    const stream = open(1, 10 * MAX_DATA_BYTES);
    stream.opened(101, []);
    void stream.write(message(MAX_DATA_BYTES + 10, true)).catch(() => {});
    void stream.write(message(5, true)).catch(() => {});
    expect(dataOf(out, 1)).toMatchObject([
      { bytes: MAX_DATA_BYTES, end: false },
      { bytes: 10, end: true },
      { bytes: 5, end: true },
    ]);
  });

  it("make the upstream wait where the reader does not read, and only that one", async () => {
    const { open } = setUp();
    const [slow, fast] = [open(1, 0), open(2, 1_000_000)];
    let slowDone = false;
    const waiting = slow.write(message(200 * 1024)).then(() => {
      slowDone = true;
    });
    await fast.write(message(100 * 1024));
    expect(slowDone).toBe(false);
    slow.onCredit(200 * 1024);
    await waiting;
  });

  it("of many streams take turns on a line that is slow", () => {
    const { out, open, wire, drain } = setUp();
    open(9, 0).fail("x", "something is under way");
    out.length = 0;
    wire.bufferedAmount = Number.MAX_SAFE_INTEGER;
    const streams = [1, 2, 3].map((s) => open(s, 10_000_000));
    for (const stream of streams) void stream.write(message(5 * MAX_DATA_BYTES)).catch(() => {});
    expect(out).toHaveLength(0);
    drain();
    const order = out.flatMap((each) => ("data" in each ? [each.data] : []));
    expect(order.slice(0, 6)).toEqual([1, 2, 3, 1, 2, 3]);
  });
});

describe("bytes from the edge", () => {
  const frame = (offset: number, bytes: number) => ({
    stream: 1,
    offset,
    payload: new Uint8Array(bytes),
    messageEnd: false,
    text: false,
  });

  it("are granted anew only as the upstream takes them", () => {
    const { out, open } = setUp();
    const stream = open(1, 0);
    const taken: (() => void)[] = [];
    stream.listen({ onMessage: (_message, done) => taken.push(done), onEnd: () => {} });
    stream.onData(frame(0, STREAM_WINDOW_BYTES));
    expect(out).toEqual([]);
    taken[0]?.();
    taken[0]?.();
    expect(out).toEqual([{ t: "credit", s: 1, upTo: 2 * STREAM_WINDOW_BYTES }]);
  });

  it.each([
    ["a gap", 10, 5],
    ["more than was granted", 0, STREAM_WINDOW_BYTES + 1],
  ])("%s ends the stream with an error", (_name, offset, bytes) => {
    const { out, open } = setUp();
    const stream = open(1, 0);
    stream.onData(frame(offset, bytes));
    expect(out).toMatchObject([{ t: "cancel", s: 1, code: "protocol" }]);
    expect(stream.over).toBe(true);
  });

  it("that came before the upstream was there are not lost", () => {
    const { open } = setUp();
    const stream = open(1, 0);
    stream.onData(frame(0, 7));
    stream.onEnd({ t: "end", s: 1, at: 7 });
    const seen: (number | string)[] = [];
    stream.listen({
      onMessage: ({ bytes }) => void seen.push(bytes.byteLength),
      onEnd: () => void seen.push("end"),
    });
    expect(seen).toEqual([7, "end"]);
  });
});

describe("a stream is over", () => {
  it("when both sides have ended", async () => {
    const { open } = setUp();
    const stream = open(1, 0);
    stream.opened(200, []);
    stream.onEnd({ t: "end", s: 1, at: 0 });
    expect(stream.over).toBe(false);
    stream.end();
    await Promise.resolve();
    expect(stream.over).toBe(true);
  });

  it("at once where the edge gives it up: a waiting upstream is let go", async () => {
    const { open } = setUp();
    const stream = open(1, 0);
    const waiting = stream.write(message(500 * 1024));
    stream.abandon("the client is gone");
    await expect(waiting).rejects.toThrow("the client is gone");
    expect(stream.signal.aborted).toBe(true);
  });
});
