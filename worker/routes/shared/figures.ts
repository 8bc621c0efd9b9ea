import { z } from "zod";
import {
  MAX_REQUESTS_PER_MINUTE,
  MAX_STREAMS,
  MIN_REQUESTS_PER_MINUTE,
} from "../../../domain/limits/figures.ts";

const requests = z.int().min(MIN_REQUESTS_PER_MINUTE).max(MAX_REQUESTS_PER_MINUTE);
const streams = z.int().min(1).max(MAX_STREAMS);

/** Figures as a caller sets them, of a tenant or of a plan. */
export const figureFields = {
  requestsPerMinute: requests.meta({ description: "Of all who belong to the tenant together." }),
  principalRequestsPerMinute: requests.meta({ description: "Of each user, and of each key." }),
  streams: streams.meta({ description: "Open at once: feeds, logs, proxied requests." }),
  principalStreams: streams.meta({ description: "Open at once, of each user and each key." }),
};
