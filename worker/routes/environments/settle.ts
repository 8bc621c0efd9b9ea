import { KubeNovaError } from "../../../domain/errors/index.ts";
import { MAX_ENVIRONMENTS } from "../../../domain/tenancy/placement.ts";
import type { Call } from "../../routing/call.ts";
import type { Environment, FoundEnvironment, PlacedEnvironment } from "../../store/environments.ts";
import type { Candidate, NamespaceHolder } from "../../store/placements.ts";
import { newRow } from "../shared/catalogue.ts";
import type { ProjectPlace } from "../shared/place.ts";
import { placeOn, readOnly, withPlacement } from "./placing.ts";
import type { EnvironmentWrite } from "./schema.ts";

/** What was read for a change of an environment. */
export interface EnvironmentReading {
  place: ProjectPlace;
  found: FoundEnvironment;
  candidate: Candidate | undefined;
  holders: NamespaceHolder[];
  /** The namespace that the names give. */
  derivedNamespace: string;
}

/** @throws KubeNovaError KN-1305 where the project has as many environments as it may */
export function haveRoom({ siblings }: FoundEnvironment): void {
  if (siblings >= MAX_ENVIRONMENTS) {
    throw new KubeNovaError("KN-1305", `A project has at most ${MAX_ENVIRONMENTS} environments.`);
  }
}

/** An environment that a body asks for and that does not exist. @throws KubeNovaError */
export function settleNew(
  call: Call,
  reading: EnvironmentReading,
  name: string,
  write: EnvironmentWrite,
): PlacedEnvironment {
  const { place, found } = reading;
  haveRoom(found);
  const settings = {
    namespace: write.namespace ?? reading.derivedNamespace,
    delivery: write.delivery ?? ("direct" as const),
    adopted: write.namespace !== undefined,
  };
  const cluster = chosenCluster(call, reading, undefined, settings, write);
  return {
    ...settings,
    ...newRow(call, "environment", name, write),
    tenantId: place.tenant.id,
    projectId: place.project.id,
    position: write.position ?? (found.lastPosition === null ? 0 : Math.min(found.lastPosition + 1, 999)),
    autoDeploy: write.autoDeploy ?? found.siblings === 0,
    clusterId: cluster?.id ?? null,
    clusterName: cluster?.name ?? null,
    clusterMode: cluster?.mode ?? null,
    placements: cluster ? [{ clusterId: cluster.id, at: call.now, by: call.principal.id }] : [],
  };
}

/** The environment after a PUT or PATCH; position, delivery, autoDeploy and placement stay where the body leaves them out. */
export function settleChange(
  call: Call,
  reading: EnvironmentReading,
  before: PlacedEnvironment,
  write: EnvironmentWrite,
): PlacedEnvironment {
  if (write.namespace !== undefined && write.namespace !== before.namespace) {
    throw new KubeNovaError("KN-1305", "An environment's namespace never changes.", {
      namespace: before.namespace,
    });
  }
  const delivery = write.delivery ?? before.delivery;
  if (delivery !== before.delivery && reading.found.liveReleases > 0) {
    throw new KubeNovaError("KN-1305", "Its delivery cannot change while apps are released there.");
  }
  const settings = { namespace: before.namespace, delivery, adopted: before.adopted };
  const cluster = chosenCluster(call, reading, before, settings, write);
  const moved = cluster !== undefined && (cluster?.id ?? null) !== before.clusterId;
  return {
    ...before,
    displayName: write.displayName ?? null,
    labels: write.labels ?? {},
    position: write.position ?? before.position,
    autoDeploy: write.autoDeploy ?? before.autoDeploy,
    delivery,
    ...(moved
      ? {
          clusterId: cluster?.id ?? null,
          clusterName: cluster?.name ?? null,
          clusterMode: cluster?.mode ?? null,
          placements: withPlacement(before.placements, {
            clusterId: cluster?.id ?? null,
            at: call.now,
            by: call.principal.id,
          }),
        }
      : {}),
  };
}

/** Where the body wants it: a cluster, null for nowhere, undefined to leave it where it is. */
function chosenCluster(
  call: Call,
  reading: EnvironmentReading,
  before: PlacedEnvironment | undefined,
  settings: Pick<Environment, "namespace" | "delivery" | "adopted">,
  write: EnvironmentWrite,
): Candidate | null | undefined {
  const wanted = write.placement === undefined ? undefined : (write.placement.cluster ?? null);
  if (wanted === null) return null;
  if (wanted === undefined || wanted === before?.clusterName) {
    const here = before?.clusterName;
    if (here && before.clusterMode === "read-only" && settings.delivery === "direct") throw readOnly(here);
    return undefined;
  }
  return placeOn(call, wanted, {
    tenantId: reading.place.tenant.id,
    environmentId: before?.id,
    namespace: settings.namespace,
    delivery: settings.delivery,
    adopted: settings.adopted,
    candidate: reading.candidate,
    holders: reading.holders,
  });
}
