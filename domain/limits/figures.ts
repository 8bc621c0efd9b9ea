/** What one tenant's callers may use. */
export interface TenantLimits {
  /** Of all who belong to the tenant together. */
  requestsPerMinute: number;
  /** Of each user, and of each key. */
  principalRequestsPerMinute: number;
  /** Open at once: feeds, logs, proxied requests. */
  streams: number;
  principalStreams: number;
}

/** Where nobody set a figure. */
export const DEFAULT_LIMITS: TenantLimits = {
  requestsPerMinute: 1_000,
  principalRequestsPerMinute: 1_000,
  streams: 200,
  principalStreams: 50,
};

/** Below these a console's first page would be refused. */
export const MIN_REQUESTS_PER_MINUTE = 10;
/** What one object counts without becoming the bottleneck: leases make it a call for some hundred requests. */
export const MAX_REQUESTS_PER_MINUTE = 1_000_000;
export const MAX_STREAMS = 10_000;
