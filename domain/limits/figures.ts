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

export const FIGURES = Object.keys(DEFAULT_LIMITS) as (keyof TenantLimits)[];

/** Figures as somebody set them; null where nobody did. */
export type SetLimits = Record<keyof TenantLimits, number | null>;

/** Who says what a figure is. */
export type FigureSource = "own" | "plan" | "default";

export const sourceOf = (
  figure: keyof TenantLimits,
  own: SetLimits | undefined,
  plan: SetLimits | undefined,
): FigureSource => {
  if (own?.[figure] != null) return "own";
  return plan?.[figure] != null ? "plan" : "default";
};

/** What holds: a tenant's own figure, else its plan's, else the installation's. */
export const effectiveLimits = (own: SetLimits | undefined, plan: SetLimits | undefined): TenantLimits => {
  const held = (figure: keyof TenantLimits) => own?.[figure] ?? plan?.[figure] ?? DEFAULT_LIMITS[figure];
  return {
    requestsPerMinute: held("requestsPerMinute"),
    principalRequestsPerMinute: held("principalRequestsPerMinute"),
    streams: held("streams"),
    principalStreams: held("principalStreams"),
  };
};

/** The figures of something that has more. */
export const figuresOf = (
  row: { [K in keyof TenantLimits]?: number | null | undefined } | undefined,
): SetLimits => ({
  requestsPerMinute: row?.requestsPerMinute ?? null,
  principalRequestsPerMinute: row?.principalRequestsPerMinute ?? null,
  streams: row?.streams ?? null,
  principalStreams: row?.principalStreams ?? null,
});

/** Below these a console's first page would be refused. */
export const MIN_REQUESTS_PER_MINUTE = 10;
/** What one object counts without becoming the bottleneck: leases make it a call for some hundred requests. */
export const MAX_REQUESTS_PER_MINUTE = 1_000_000;
export const MAX_STREAMS = 10_000;
