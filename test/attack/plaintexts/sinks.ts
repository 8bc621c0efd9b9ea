import { until } from "../../lib/until.ts";
import type { Garden } from "./garden.ts";

interface Sink {
  lastError: string | null;
  delivered: number;
}

/** Receivers that take what they are sent, and one that says all of it back in its refusal. */
const RECEIVERS = ["takes", "echoes"] as const;

/**
 * A log is streamed to one receiver after the other, each with a token of its own; each is tried, and streamed to.
 * @param log path of the audit log
 */
export async function sinkTokens({ api, outside, fresh }: Garden, log: string): Promise<string[]> {
  const tokens: string[] = [];
  for (const receiver of RECEIVERS) {
    for (const format of ["jsonl", "splunk-hec", "datadog"]) {
      const token = fresh();
      const sink = { url: `http://${outside.host}/${receiver}`, format, token, from: "beginning" };
      await api.put(`${log}/sink`, sink);
      await api.post(`${log}/sink:test`);
      await until(`${receiver} got ${format} with its token`, async () => {
        const { lastError, delivered } = (await api.get<Sink>(`${log}/sink`)).body;
        const isDone = receiver === "echoes" ? lastError !== null : delivered > 0;
        return isDone && outside.heard(token);
      });
      tokens.push(token);
    }
  }
  const inAddress = fresh();
  const refused = { url: `http://me:${inAddress}@${outside.host}/takes`, format: "jsonl" };
  await api.put(`${log}/sink`, refused, { expect: [422] });
  return [...tokens, inAddress];
}
