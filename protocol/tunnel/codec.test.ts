import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../../test/attack/plan.ts";
import { agentFrameDecoder, edgeFrameDecoder, encodeFrame } from "./codec.ts";
import type { EdgeFrame } from "./frames.ts";
import { CLOSE, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, MAX_OPEN_CHUNKED } from "./limits.ts";
import { ProtocolError, StreamFrameError } from "./protocol-errors.ts";

const bytes = (text: string): number => new TextEncoder().encode(text).byteLength;
const counter = (): (() => number) => {
  let id = 0;
  return () => ++id;
};
const desired = (text: string): EdgeFrame => ({
  t: "desired",
  seq: 1,
  key: "release/rel_1",
  revision: 1,
  op: "upsert",
  resource: { text },
  correlationId: "req_1",
});
const closeCode = (act: () => unknown): number | undefined => {
  try {
    act();
  } catch (error) {
    return error instanceof ProtocolError ? error.closeCode : undefined;
  }
  return undefined;
};

const streamOf = (act: () => unknown): number | undefined => {
  try {
    act();
  } catch (error) {
    return error instanceof StreamFrameError ? error.stream : undefined;
  }
  return undefined;
};

describe("frames on the wire", () => {
  it("a frame of any content and size comes back equal, and no message is over the limit", () => {
    const unit = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(
      fc.property(unit, fc.integer({ min: 0, max: 30_000 }), (text, times) => {
        const frame = desired(
          `${text}"\\\u0001\ud83d`.repeat(Math.min(times, Math.floor(1_000_000 / (text.length + 4)))),
        );
        const messages = encodeFrame(frame, counter());
        const decoder = edgeFrameDecoder();
        const frames = messages.map((message) => {
          expect(bytes(message)).toBeLessThanOrEqual(MAX_FRAME_BYTES);
          return decoder.push(message);
        });
        expect(frames.pop()).toEqual(frame);
        expect(frames.every((each) => each === undefined)).toBe(true);
      }),
      { numRuns: plan.times(40) },
    );
  });

  it("a small frame is one message", () => {
    expect(encodeFrame(desired("x"), () => expect.fail("no chunk"))).toHaveLength(1);
  });

  it("a frame over the message limit is refused by its sender", () => {
    expect(closeCode(() => encodeFrame(desired("x".repeat(MAX_MESSAGE_BYTES)), counter()))).toBe(
      CLOSE.tooLarge,
    );
  });
});

describe("what a peer may not do", () => {
  it("an unknown kind of frame is ignored", () => {
    expect(agentFrameDecoder().push('{"t":"from-the-future","x":1}')).toBeUndefined();
    expect(agentFrameDecoder().push('{"t":"welcome"}')).toBeUndefined();
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    '"ping"',
    "{}",
    '{"t":7}',
    '{"t":"ack"}',
    '{"t":"ack","epochId":"e","seq":-1}',
  ])("malformed text %j is a protocol error", (text) =>
    expect(closeCode(() => agentFrameDecoder().push(text))).toBe(CLOSE.protocolError),
  );

  it.each([
    [{ t: "opened", s: 7, status: 999 }, 7],
    [{ t: "cancel", s: 7, code: 1 }, 7],
    [{ t: "end", s: 0, at: 1 }, undefined],
    [{ t: "credit", upTo: 1 }, undefined],
    [{ t: "ack", s: 7, seq: -1 }, undefined],
  ])("the stream of %j is %s", (frame, stream) => {
    const push = () => agentFrameDecoder().push(JSON.stringify(frame));
    expect(closeCode(push)).toBe(CLOSE.protocolError);
    expect(streamOf(push)).toBe(stream);
  });

  it("arbitrary text gives a frame, nothing, or a protocol error", () => {
    const value = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ t: fc.constantFrom("ack", "hello", "chunk", "x") }).map((each) => JSON.stringify(each)),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), (texts) => {
        const decoder = agentFrameDecoder();
        for (const text of texts) {
          try {
            decoder.push(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });

  it("a message over the frame limit is refused", () => {
    const text = JSON.stringify({ t: "ack", epochId: "e", seq: 1, pad: "x".repeat(MAX_FRAME_BYTES) });
    expect(closeCode(() => agentFrameDecoder().push(text))).toBe(CLOSE.tooLarge);
  });

  it("chunks that never end are bounded in number and in size", () => {
    const chunk = (id: number, i: number, data: string) =>
      JSON.stringify({ t: "chunk", id, i, of: 64, data });
    const many = agentFrameDecoder();
    for (let id = 1; id <= MAX_OPEN_CHUNKED; id++) many.push(chunk(id, 0, "x"));
    expect(closeCode(() => many.push(chunk(99, 0, "x")))).toBe(CLOSE.protocolError);
    const large = agentFrameDecoder();
    const data = "x".repeat(200 * 1024);
    expect(
      closeCode(() => {
        for (let i = 0; i < 64; i++) large.push(chunk(1, i, data));
      }),
    ).toBe(CLOSE.tooLarge);
  });

  it.each([[[1]], [[0, 2]], [[0, 0]], [[0, 1, 1]]])("chunks in the order %j are refused", (order) => {
    const decoder = agentFrameDecoder();
    const parts = ['{"t":', '"x"', "}"];
    const send = () =>
      order.map((i) => decoder.push(JSON.stringify({ t: "chunk", id: 1, i, of: 3, data: parts[i] })));
    expect(closeCode(send)).toBe(CLOSE.protocolError);
  });

  it("chunks inside of chunks are refused", () => {
    const decoder = agentFrameDecoder();
    const inner = JSON.stringify({ t: "chunk", id: 2, i: 0, of: 2, data: "" });
    decoder.push(JSON.stringify({ t: "chunk", id: 1, i: 0, of: 2, data: inner.slice(0, 5) }));
    const last = JSON.stringify({ t: "chunk", id: 1, i: 1, of: 2, data: inner.slice(5) });
    expect(closeCode(() => decoder.push(last))).toBe(CLOSE.protocolError);
  });
});
