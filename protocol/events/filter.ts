/** Which events somebody wants to see. */
export interface EventFilter {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  /** Whole type, or its beginning up to a dot: `evt.deploy`. */
  type?: string | undefined;
  subject?: string | undefined;
  actor?: string | undefined;
  correlationId?: string | undefined;
  /** Milliseconds since 1970; `until` is not included. */
  since?: number | undefined;
  until?: number | undefined;
}
