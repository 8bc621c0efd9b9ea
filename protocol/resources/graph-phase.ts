export const GRAPH_PHASES = [
  "Pending",
  "Executing",
  "Ready",
  "Degraded",
  "Failed",
  "Deleting",
  "Suspended",
] as const;
export type GraphPhase = (typeof GRAPH_PHASES)[number];
