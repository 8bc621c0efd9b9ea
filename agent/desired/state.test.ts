import { expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import type { Kube } from "../kube/index.ts";
import { silentLogger } from "../log.ts";
import { CURSOR_INTERVAL_MS, createStateStore, type DesiredState, SAVE_INTERVAL_MS } from "./state.ts";

const base: DesiredState = { epochId: "e", epoch: 1, seq: 0, refused: false, deleting: {} };

/** A store on a manual clock, with what it wrote. */
function setUp() {
  const clock = createManualClock();
  const written: DesiredState[] = [];
  const own = {
    get: async () => ({ data: { state: JSON.stringify(base) } }),
    apply: async ({ data }: { data: { state: string } }) => void written.push(JSON.parse(data.state)),
  } as unknown as Pick<Kube, "get" | "apply">;
  const { signal } = new AbortController();
  const store = createStateStore({ own, namespace: "n", clock, log: silentLogger, signal });
  return { store, clock, written };
}

it("a cursor that moves a thousand times is written once, after a while", async () => {
  const { store, clock, written } = setUp();
  await store.load();
  for (let seq = 1; seq <= 1_000; seq += 1) {
    store.save({ ...base, seq });
    await clock.advance(40);
  }
  expect(written).toEqual([]);
  await clock.advance(CURSOR_INTERVAL_MS);
  expect(written).toEqual([{ ...base, seq: 1_000 }]);
  await clock.advance(2 * CURSOR_INTERVAL_MS);
  expect(written).toHaveLength(1);
});

it("whatever else changed is written soon, with the cursor, though that was to wait", async () => {
  const { store, clock, written } = setUp();
  await store.load();
  store.save({ ...base, seq: 1 });
  await clock.advance(10_000);
  store.save({ ...base, seq: 2, deleting: { a: 1 } });
  await clock.advance(SAVE_INTERVAL_MS);
  expect(written).toEqual([{ ...base, seq: 2, deleting: { a: 1 } }]);
  await clock.advance(CURSOR_INTERVAL_MS);
  expect(written).toHaveLength(1);
});

it("a cursor that moves after a flush waits, though something else was to be written soon", async () => {
  const { store, clock, written } = setUp();
  store.save(base);
  await store.flush();
  store.save({ ...base, seq: 3 });
  await clock.advance(10 * SAVE_INTERVAL_MS);
  expect(written).toEqual([base]);
  await clock.advance(CURSOR_INTERVAL_MS);
  expect(written).toEqual([base, { ...base, seq: 3 }]);
});

it("a stop writes what waits", async () => {
  const { store, written } = setUp();
  await store.load();
  store.save({ ...base, seq: 7 });
  await store.flush();
  expect(written).toEqual([{ ...base, seq: 7 }]);
});
