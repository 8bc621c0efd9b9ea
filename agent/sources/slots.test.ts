import { describe, expect, it } from "vitest";
import { createFlights } from "./flights.ts";
import { createSlots } from "./slots.ts";

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Work that says when it began and ends when told. */
function works() {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    began,
    work: (name: string) => () => {
      began.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    },
    async end(name: string) {
      ends.get(name)?.();
      await settled();
    },
  };
}

describe("slots", () => {
  it("run so many at a time, and so many of one group", async () => {
    const { began, work, end } = works();
    const slots = createSlots({ total: 3, perGroup: 2 });
    for (const name of ["a1", "a2", "a3", "b1", "b2"]) void slots.run(name.slice(0, 1), never, work(name));
    await settled();
    expect(began).toEqual(["a1", "a2", "b1"]);
    await end("a1");
    // a and b run one each now; a began before b did.
    expect(began.slice(3)).toEqual(["a3"]);
  });

  it("let a group that has nothing running go before one with a long queue", async () => {
    const { began, work, end } = works();
    const slots = createSlots({ total: 2, perGroup: 2 });
    for (let i = 0; i < 1_000; i += 1) void slots.run("greedy", never, work(`greedy${i}`));
    void slots.run("other", never, work("other"));
    await settled();
    await end("greedy0");
    expect(began).toEqual(["greedy0", "greedy1", "other"]);
  });

  it("forget who gave up waiting, and give back the place of what failed", async () => {
    const { began, work, end } = works();
    const slots = createSlots({ total: 1, perGroup: 1 });
    const first = slots.run("a", never, work("first"));
    const leaving = new AbortController();
    const left = slots.run("a", leaving.signal, work("left"));
    leaving.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    await end("first");
    await first;
    await expect(slots.run("a", never, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    await slots.run("a", never, async () => void began.push("last"));
    expect(began).toEqual(["first", "last"]);
  });
});

describe("flights", () => {
  it("of one key are one, of two keys two", async () => {
    const flights = createFlights<number>();
    let count = 0;
    const work = async () => {
      await settled();
      count += 1;
      return count;
    };
    const results = await Promise.all([
      flights.join("k", never, work),
      flights.join("k", never, work),
      flights.join("other", never, work),
    ]);
    expect(count).toBe(2);
    expect(results[0]).toBe(results[1]);
    expect(await flights.join("k", never, work)).toBe(3);
  });

  it("go on for who stays, and end when the last one leaves", async () => {
    const flights = createFlights<string>();
    const [one, two] = [new AbortController(), new AbortController()];
    let ended: unknown;
    const work = (signal: AbortSignal) =>
      new Promise<string>((_, reject) =>
        signal.addEventListener("abort", () => {
          ended = signal.reason;
          reject(signal.reason);
        }),
      );
    const first = flights.join("k", one.signal, work);
    const second = flights.join("k", two.signal, work);
    one.abort(new Error("first left"));
    await expect(first).rejects.toThrow("first left");
    expect(ended).toBeUndefined();
    two.abort(new Error("second left"));
    await expect(second).rejects.toThrow("second left");
    expect(ended).toEqual(new Error("second left"));
    expect(await flights.join("k", never, async () => "anew")).toBe("anew");
  });
});
