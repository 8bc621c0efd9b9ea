import type { PlacedEntry } from "./csv.ts";

/** How a receiver wants its entries. */
export const SINK_FORMATS = ["jsonl", "splunk-hec", "datadog"] as const;
export type SinkFormat = (typeof SINK_FORMATS)[number];

/** Entries of one request: far below what each of these receivers takes at once. */
export const SINK_BATCH = 200;
const BACKOFF_BASE_MS = 1_000;
/** A receiver that is back is asked within this time. */
const MAX_BACKOFF_MS = 5 * 60_000;

/** How long to wait after so many failures in a row. @param random uniform in [0, 1) */
export const sinkBackoffMs = (failures: number, random: number): number =>
  Math.round(Math.min(BACKOFF_BASE_MS * 2 ** Math.min(failures, 20), MAX_BACKOFF_MS) * (0.5 + random / 2));

export interface SinkRequest {
  headers: Record<string, string>;
  body: string;
}

/**
 * One request with some entries, oldest first. Each carries its id and index, by which a receiver knows one that it got
 * twice. Formats: Splunk, "HTTP Event Collector: format events"; Datadog, "Send logs" of its API v2.
 */
export function sinkRequest(
  format: SinkFormat,
  token: string | undefined,
  log: string,
  entries: readonly PlacedEntry[],
): SinkRequest {
  switch (format) {
    case "jsonl":
      return {
        headers: {
          "content-type": "application/x-ndjson",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: entries.map((entry) => `${JSON.stringify({ log, ...entry })}\n`).join(""),
      };
    case "splunk-hec":
      return {
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Splunk ${token}` }),
        },
        body: entries.map((entry) => JSON.stringify(splunkEvent(log, entry))).join("\n"),
      };
    case "datadog":
      return {
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { "dd-api-key": token }),
        },
        body: JSON.stringify(entries.map((entry) => datadogLog(log, entry))),
      };
  }
}

const splunkEvent = (log: string, entry: PlacedEntry) => ({
  time: Date.parse(entry.time) / 1_000,
  source: `kubenova:audit:${log}`,
  sourcetype: "_json",
  event: { log, ...entry },
});

const datadogLog = (log: string, entry: PlacedEntry) => ({
  ddsource: "kubenova",
  service: "kubenova-audit",
  ddtags: `log:${log},outcome:${entry.outcome}`,
  timestamp: entry.time,
  message: JSON.stringify({ log, ...entry }),
});
