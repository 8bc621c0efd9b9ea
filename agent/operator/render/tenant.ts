import { LABEL } from "../../../domain/names/labels.ts";
import type { ResourceGraphSpec } from "../../../protocol/resources/graph.ts";

/** A tenant makes nothing of its own in a cluster yet: its projects do. Its graph is where quotas and policies will stand. */
export const renderTenant = (tenant: string): ResourceGraphSpec => ({
  applyAs: { kind: "Agent" },
  metadata: { name: tenant },
  labels: { [LABEL.tenant]: tenant },
  nodes: [],
});
