import { expect, it } from "vitest";
import { createClockWatch } from "./clock-watch.ts";
import { type RequestInfo, systemClock } from "./kube/index.ts";
import { createLogger } from "./log.ts";
import { createMetrics } from "./metrics.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const AN_HOUR_AGO = "Sat, 21 Nov 2026 11:00:00 GMT";
const RIGHT = "Sat, 21 Nov 2026 12:00:05 GMT";

const watched = () => {
  const lines: string[] = [];
  const now = () => NOW;
  const log = createLogger({ level: "info", write: (line) => lines.push(line), now });
  const metrics = createMetrics();
  return { lines, metrics, watch: createClockWatch({ ...systemClock, now }, log, metrics) };
};
const answer = (date: string, seconds = 0.01): RequestInfo => ({
  ...{ method: "GET", verb: "get", resource: "pods", status: 200, dryRun: false, warnings: [] },
  seconds,
  date,
});

it("says once that the clock is off and by how much, and once that it is right again", () => {
  const { watch, lines, metrics } = watched();
  watch.onRequest(answer(AN_HOUR_AGO));
  watch.onRequest(answer(AN_HOUR_AGO));
  expect(watch.problem()).toBe("this machine's clock is 3600 s ahead of the API server's");
  expect(metrics.text()).toContain('kubenova_agent_clock_offset_seconds{against="API server"} 3600');
  watch.onRequest(answer(RIGHT));
  expect(watch.problem()).toBeUndefined();
  expect(lines.map((line) => JSON.parse(line).message)).toEqual([
    "the clock is off",
    "the clock is right again",
  ]);
});

it("compares with the manager's too, and names whom", () => {
  const { watch } = watched();
  watch.told("manager", "Sat, 21 Nov 2026 13:00:00 GMT");
  watch.told("API server", RIGHT);
  expect(watch.problem()).toBe("this machine's clock is 3600 s behind the manager's");
});

it("passes over what is no date, and the head of an answer that came long ago: a watch's", () => {
  const { watch, lines } = watched();
  watch.told("manager", undefined);
  watch.told("manager", "yesterday");
  watch.onRequest(answer(AN_HOUR_AGO, 3_600));
  expect([watch.problem(), lines]).toEqual([undefined, []]);
});

it("names the clock where a certificate is good at another time, and nowhere else", () => {
  const { watch } = watched();
  watch.told("API server", AN_HOUR_AGO);
  expect(watch.explain("certificate has expired")).toBe(
    "certificate has expired: this machine's clock says 2026-11-21T12:00:00.000Z; this machine's clock is 3600 s ahead of the API server's",
  );
  expect(watch.explain("self-signed certificate")).toBe("self-signed certificate");
});
