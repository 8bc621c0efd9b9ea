import { z } from "zod";
import type { Period } from "../../audit/entries.ts";

const timeText = z.iso.datetime({ offset: true });

export const periodQuery = z.strictObject({
  since: timeText.optional().meta({ examples: ["2026-11-01T00:00:00Z"] }),
  until: timeText.optional().meta({ description: "Not included.", examples: ["2026-12-01T00:00:00Z"] }),
});

export const periodOf = ({ since, until }: z.output<typeof periodQuery>): Period => ({
  since: since === undefined ? null : Date.parse(since),
  until: until === undefined ? null : Date.parse(until),
});
