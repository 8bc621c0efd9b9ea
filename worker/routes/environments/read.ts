import { sha256 } from "../../../domain/canonical/index.ts";
import { namespaceFor, namespaceHashInput } from "../../../domain/names/index.ts";
import type { Call } from "../../routing/call.ts";
import { findEnvironment, foundEnvironment } from "../../store/environments.ts";
import { candidateOf, findCandidate, findNamespaceHolders, holdersOf } from "../../store/placements.ts";
import { tenantPath } from "../../store/scope.ts";
import { openEnvironment } from "../shared/place.ts";
import type { EnvironmentWrite } from "./schema.ts";
import type { EnvironmentReading } from "./settle.ts";

/** Everything that a change of an environment must know, in one round trip. */
export async function readForWrite(
  call: Call,
  names: { tenant: string; project: string; environment: string },
  write: Pick<EnvironmentWrite, "namespace" | "placement">,
): Promise<EnvironmentReading> {
  const path = tenantPath(call.env, names.tenant);
  const derivedNamespace = await deriveNamespace(names);
  const cluster = write.placement?.cluster ?? "";
  const namespace = write.namespace ?? derivedNamespace;
  const [environment, candidate, holders] = await call.read(path.db, [
    findEnvironment(path, names.project, names.environment),
    findCandidate(path, cluster),
    findNamespaceHolders(path, { ...names, cluster, namespace }),
  ]);
  const found = foundEnvironment(environment?.results[0]);
  return {
    place: openEnvironment(call, names, found, "slot"),
    found,
    candidate: candidateOf(candidate?.results[0]),
    holders: holdersOf(holders?.results),
    derivedNamespace,
  };
}

async function deriveNamespace(names: {
  tenant: string;
  project: string;
  environment: string;
}): Promise<string> {
  const { tenant, project, environment } = names;
  const digest = await sha256(namespaceHashInput(tenant, project, environment));
  return namespaceFor(tenant, project, environment, digest.replace("sha256:", ""));
}
