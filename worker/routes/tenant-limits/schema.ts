import { z } from "zod";
import {
  DEFAULT_LIMITS,
  MAX_REQUESTS_PER_MINUTE,
  MAX_STREAMS,
  MIN_REQUESTS_PER_MINUTE,
  type TenantLimits,
} from "../../../domain/limits/figures.ts";
import type { Answer } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { effectiveLimits, type TenantLimitsRow } from "../../store/tenant-limits.ts";

const requests = z.int().min(MIN_REQUESTS_PER_MINUTE).max(MAX_REQUESTS_PER_MINUTE);
const streams = z.int().min(1).max(MAX_STREAMS);

const figures = {
  requestsPerMinute: requests.meta({ description: "Of all who belong to the tenant together." }),
  principalRequestsPerMinute: requests.meta({ description: "Of each user, and of each key." }),
  streams: streams.meta({ description: "Open at once: feeds, logs, proxied requests." }),
  principalStreams: streams.meta({ description: "Open at once, of each user and each key." }),
};

/** What is left out is the installation's default again. */
export const limitsWriteSchema = z.strictObject(figures).partial().meta({ id: "TenantLimitsWrite" });

export const limitsSchema = z
  .object({
    ...figures,
    /** Names of the figures that nobody set. */
    defaults: z.array(z.string()),
  })
  .meta({ id: "TenantLimits" });

export const limitsExample = {
  ...DEFAULT_LIMITS,
  requestsPerMinute: 5_000,
  defaults: ["principalRequestsPerMinute", "streams", "principalStreams"],
};

const FIGURES = Object.keys(DEFAULT_LIMITS) as (keyof TenantLimits)[];

/** Own figures of a row, without what is a default. */
export const ownFigures = (row: TenantLimitsRow | undefined): Record<keyof TenantLimits, number | null> => ({
  requestsPerMinute: row?.requestsPerMinute ?? null,
  principalRequestsPerMinute: row?.principalRequestsPerMinute ?? null,
  streams: row?.streams ?? null,
  principalStreams: row?.principalStreams ?? null,
});

export function limitsAnswer(row: TenantLimitsRow | undefined): Answer {
  const own = ownFigures(row);
  const defaults = FIGURES.filter((name) => own[name] === null);
  return {
    status: 200,
    body: { ...effectiveLimits(row), defaults },
    etag: etagOf(row?.version ?? 0),
  };
}
