import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configMap, type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { startStub } from "../../test/kube/stub-server.ts";
import { until } from "../../test/lib/until.ts";
import { createEventRecorder, type EventInput, type LiveObject } from "./index.ts";

const controllers = { reportingController: "kubenova.io/agent", reportingInstance: "agent-0" };
let fixture: Fixture;
let object: LiveObject;
beforeAll(async () => {
  fixture = await kubeFixture("kube-events");
  object = await fixture.kube.apply(configMap(fixture.namespace, "a"));
});
afterAll(() => fixture?.close());

const event = (reason: string, note = "n"): EventInput => ({
  regarding: object,
  type: "Warning",
  reason,
  action: "Apply",
  note,
});
const stored = async (reason: string) => {
  const type = { apiVersion: "events.k8s.io/v1", kind: "Event" };
  const { items } = await fixture.kube.list(type, { namespace: fixture.namespace });
  return items.filter((item) => item.reason === reason);
};

describe("the event recorder", () => {
  it("writes an event that people find at its object, and its repetitions as one series", async () => {
    const clock = createManualClock(Date.now());
    const errors: unknown[] = [];
    const recorder = createEventRecorder(fixture.kube, {
      ...controllers,
      clock,
      onError: (e) => errors.push(e),
    });
    recorder.record(event("Flapping", "x".repeat(5_000)));
    await until("it is stored", async () => (await stored("Flapping")).length === 1);
    for (let n = 0; n < 500; n += 1) recorder.record(event("Flapping", `other note ${n}`));
    await clock.advance(31_000);
    await until("the series is stored", async () => (await stored("Flapping"))[0]?.series !== undefined);
    expect(await stored("Flapping")).toMatchObject([
      {
        type: "Warning",
        note: "x".repeat(1_024),
        regarding: { kind: "ConfigMap", name: "a", uid: object.metadata.uid },
        series: { count: 501 },
        reportingController: "kubenova.io/agent",
      },
    ]);
    await recorder.close();
    expect(recorder.stats()).toEqual({ written: 2, aggregated: 500, dropped: 0, errors: 0 });
    expect(errors).toEqual([]);
  });

  it("writes the last counts when it is closed, and nothing afterwards", async () => {
    const recorder = createEventRecorder(fixture.kube, controllers);
    for (let n = 0; n < 3; n += 1) recorder.record(event("Closing"));
    await recorder.close();
    recorder.record(event("Closing"));
    expect(await stored("Closing")).toMatchObject([{ series: { count: 3 } }]);
    expect(recorder.stats()).toMatchObject({ written: 2, dropped: 1 });
  });

  it("counts what fails and never throws; a read-only client drops", async () => {
    const { kube, close } = await startStub((_, response) => response.writeHead(500).end());
    const recorder = createEventRecorder(kube, controllers);
    recorder.record(event("Failing"));
    await until("the failure is counted", () => recorder.stats().errors === 1);
    await recorder.close();
    await close();
    const reader = await fixture.another({ readOnly: true });
    const silent = createEventRecorder(reader, controllers);
    silent.record(event("Silent"));
    expect(silent.stats()).toEqual({ written: 0, aggregated: 0, dropped: 1, errors: 0 });
    await silent.close();
    reader.close();
  });
});
