import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Bucket } from "../../domain/limits/bucket.ts";
import { limitsKnown } from "./leases.ts";

/** What whoever made too many requests is told. */
export function refusal(bucket: Bucket, retryAfterMs: number): KubeNovaError {
  const limits = limitsKnown(bucket).map(({ name, limit, left }) => ({
    name,
    requestsPerMinute: limit,
    left: Math.max(0, left),
  }));
  const spent = limits.filter(({ left }) => left === 0).map(({ name }) => name);
  const who = spent.includes("tenant") ? "The tenant has" : "You have";
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new KubeNovaError(
    "KN-1601",
    `${who} made as many requests as are allowed in a minute; try again in ${retryAfterSeconds} s.`,
    { limits, retryAfterSeconds },
  );
}
