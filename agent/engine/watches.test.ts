import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { bookmark, event } from "../../test/kube/scripted-watch.ts";
import { startStub } from "../../test/kube/stub-server.ts";
import { until } from "../../test/lib/until.ts";
import { createKnown } from "./known.ts";
import { createWatches } from "./watches.ts";

const type = { apiVersion: "v1", kind: "ConfigMap" };
let close: () => Promise<void> = async () => {};
afterEach(() => close());

describe("a watch of all namespaces that comes after one of a namespace, which was refused", () => {
  it("takes away what that one last showed, and is not there any more", async () => {
    const clock = createManualClock();
    const known = createKnown(clock);
    let narrow: ServerResponse | undefined;
    const stub = await startStub((request, response) => {
      if (!request.url?.includes("/namespaces/x/")) return void response.write(bookmark("9", true));
      if (narrow) return void response.writeHead(403).end("{}");
      narrow = response;
      response.write(event("ADDED", "a", "5") + bookmark("5", true));
    });
    const { signal } = new AbortController();
    const watches = createWatches({ kube: stub.kube, clock, signal, onError: () => {}, known });
    close = async () => {
      await watches.stop();
      await stub.close();
    };
    const first = watches.hold("narrow", type, { labelSelector: "l", namespace: "x" });
    await until("it is known", () => known.get("ConfigMap/x/a") !== undefined);
    narrow?.destroy();
    await until("it is refused", async () => {
      await clock.advance(10_000);
      return first.isLost();
    });
    expect(known.get("ConfigMap/x/a")).toBeDefined();
    const wide = watches.hold("wide", type, { labelSelector: "l" });
    await until("it is listed", () => wide.ready());
    expect(known.get("ConfigMap/x/a")).toBeUndefined();
  });
});
