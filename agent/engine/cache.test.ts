import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { bookmark, event, object } from "../../test/kube/scripted-watch.ts";
import { startStub } from "../../test/kube/stub-server.ts";
import { until } from "../../test/lib/until.ts";
import { createCache } from "./cache.ts";

const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "x", name: "a" };
const KEY = "ConfigMap/x/a";
let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** A cache with both watches of an object open: of its kind, by label, and of the object, by name. */
async function watched() {
  const streams = new Map<"kind" | "name", ServerResponse>();
  const stub = await startStub((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    streams.set(url.searchParams.has("fieldSelector") ? "name" : "kind", response);
    response.write(event("ADDED", "a", "5") + bookmark("5", true));
  });
  const { signal } = new AbortController();
  const cache = createCache({ kube: stub.kube, clock: createManualClock(), signal, onError: () => {} });
  const holds = [cache.holdKind(ref), cache.holdOne(ref)];
  close = async () => {
    await cache.stop();
    await stub.close();
  };
  await Promise.all(holds.map(({ synced }) => synced));
  return {
    seen: () => cache.get(KEY)?.resourceVersion,
    /** The answer to a write. */
    put: (version: string) => cache.put(object("a", version)),
    /** Resolves when it has arrived, whatever came of it. */
    async send(to: "kind" | "name", ...what: Parameters<typeof event>) {
      // Another object of the same watch, behind it: told of when this one has been taken.
      const mark = `mark-${what[2]}-${to}`;
      streams.get(to)?.write(event(...what) + event("ADDED", mark, what[2]));
      await until("it has arrived", () => cache.get(`ConfigMap/x/${mark}`) !== undefined);
    },
  };
}

describe("an object that is watched by its kind's label and by name", () => {
  it.each([
    ["name" as const, "kind" as const],
    ["kind" as const, "name" as const],
  ])("is known for as long as it is there, label or not: %s first", async (first, second) => {
    const { send, seen } = await watched();
    const kindOf = { name: "MODIFIED", kind: "DELETED" };
    await send(first, kindOf[first], "a", "6");
    await send(second, kindOf[second], "a", "6");
    expect(seen()).toBe("6");
  });

  it("is forgotten when both say that it has gone", async () => {
    const { send, seen } = await watched();
    await send("kind", "DELETED", "a", "6");
    await send("name", "DELETED", "a", "6");
    expect(seen()).toBeUndefined();
  });

  it("is not brought back by an answer that its end has overtaken; a new one of its name is", async () => {
    const { send, seen, put } = await watched();
    await send("kind", "DELETED", "a", "7");
    await send("name", "DELETED", "a", "7");
    put("6");
    expect(seen()).toBeUndefined();
    put("8");
    expect(seen()).toBe("8");
  });
});
