import { describe, expect, it } from "vitest";
import { onAbort } from "./abort.ts";
import { systemClock } from "./clock.ts";

describe("those who wait for a signal", () => {
  it("are each called once when it aborts, save those that went before", () => {
    const controller = new AbortController();
    const called: string[] = [];
    onAbort(controller.signal, () => called.push("stays"));
    const leave = onAbort(controller.signal, () => called.push("left"));
    const same = () => void called.push("same");
    onAbort(controller.signal, same);
    onAbort(controller.signal, same);
    leave();
    controller.abort();
    controller.abort();
    expect(called).toEqual(["stays", "same", "same"]);
  });

  it("may leave while the others are called", () => {
    const controller = new AbortController();
    const called: string[] = [];
    const leaves: (() => void)[] = [];
    onAbort(controller.signal, () => {
      called.push("first");
      for (const leave of leaves) leave();
    });
    leaves.push(onAbort(controller.signal, () => called.push("second")));
    controller.abort();
    expect(called).toEqual(["first"]);
  });
});

describe("a sleep", () => {
  it("ends with the reason of its signal, before or while it sleeps", async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    await expect(systemClock.sleep(60_000, controller.signal)).rejects.toThrow("enough");
    await expect(systemClock.sleep(-1, new AbortController().signal)).resolves.toBeUndefined();
  });
});
