import { afterEach, describe, expect, it, vi } from "vitest";
import { REQUEST_TIME_LIMIT_MS, withTimeLimit } from "./time-limit.ts";

afterEach(() => vi.useRealTimers());

describe("a request", () => {
  it("that runs too long is answered with an error", async () => {
    vi.useFakeTimers();
    const limited = withTimeLimit(new Promise<Response>(() => undefined));
    const outcome = expect(limited).rejects.toMatchObject({ code: "KN-1902" });
    await vi.advanceTimersByTimeAsync(REQUEST_TIME_LIMIT_MS);
    await outcome;
  });

  it("that ends in time leaves no timer behind", async () => {
    vi.useFakeTimers();
    const answer = new Response("ok");
    expect(await withTimeLimit(Promise.resolve(answer))).toBe(answer);
    expect(vi.getTimerCount()).toBe(0);
  });
});
