import { shownPhase } from "../../../domain/release/phase.ts";
import type { Liveness } from "../../../durable-objects/rpc.ts";
import type { PlacedEnvironment } from "../../store/environments.ts";
import type { DeploymentEntry, EnvironmentRelease, Release } from "../../store/releases.ts";
import { iso } from "../shared/catalogue.ts";

/** A release that is there. */
export interface ReleaseView {
  environment: PlacedEnvironment;
  release: Release;
  revisionNumber: number;
}

export const viewsOf = (rows: EnvironmentRelease[]): ReleaseView[] =>
  rows.flatMap(({ environment, release, revisionNumber }) =>
    release && revisionNumber !== undefined ? [{ environment, release, revisionNumber }] : [],
  );

/** @param seen the cluster's liveness; undefined where it was not asked */
export function releaseSummaryJson(
  app: string,
  { environment, release, revisionNumber }: ReleaseView,
  seen: Pick<Liveness, "connected" | "diverged"> | undefined,
) {
  const { phase, message } = shownPhase({
    placed: environment.clusterId !== null,
    connected: seen?.connected,
    diverged: seen?.diverged === true,
    desiredRevision: release.desiredRevision,
    observedRevision: release.observedRevision,
    phase: release.phase,
    message: release.message,
  });
  return {
    id: release.id,
    app,
    environment: environment.name,
    revision: { id: release.revisionId, number: revisionNumber },
    phase,
    ...(message === null ? {} : { message }),
    cluster: environment.clusterName,
    namespace: environment.namespace,
    desiredRevision: release.desiredRevision,
    version: release.version,
    updatedAt: iso(release.updatedAt),
  };
}

export function releaseJson(
  app: string,
  view: ReleaseView,
  liveness: Liveness | undefined,
  history: DeploymentEntry[],
) {
  const { release } = view;
  const { status } = release;
  return {
    ...releaseSummaryJson(app, view, liveness),
    observed:
      release.observedRevision === 0
        ? null
        : {
            phase: release.phase,
            desiredRevision: release.observedRevision,
            ...(status?.revisionId ? { revisionId: status.revisionId } : {}),
            ...(release.statusAt === null ? {} : { at: iso(release.statusAt) }),
          },
    ...(status?.counts ? { counts: status.counts } : {}),
    ...(status?.nodes ? { nodes: status.nodes } : {}),
    ...(status?.violations ? { violations: status.violations } : {}),
    ...(status?.render ? { render: status.render } : {}),
    connected: liveness?.connected ?? false,
    lastSeenAt: liveness?.lastSeenAt ? iso(liveness.lastSeenAt) : null,
    correlationId: release.correlationId,
    createdAt: iso(release.createdAt),
    history: history.map((entry) => ({
      id: entry.id,
      revision: { id: entry.revisionId, number: entry.revisionNumber },
      action: entry.action,
      actor: entry.actor,
      correlationId: entry.correlationId,
      at: iso(entry.createdAt),
    })),
  };
}
