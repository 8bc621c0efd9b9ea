import type { AppSource } from "../apps/spec.ts";
import { ANNOTATION, LABEL } from "../names/labels.ts";

/**
 * What a cluster is to hold for one key: the custom resource, whole. `revision` grows with every change of the rows it
 * is made from and compares only within one epoch. A tombstone has no resource.
 */
export interface DesiredDocument {
  key: string;
  revision: number;
  op: "upsert" | "tombstone";
  resource?: CustomResource;
  /** What the change came from; it reaches the custom resource and each request to the API server (decisions.md 21). */
  correlationId: string;
  /** W3C trace context of that change, where it is traced. */
  traceparent?: string;
}

export interface CustomResource {
  apiVersion: string;
  kind: "NovaTenant" | "NovaProject" | "NovaApp";
  metadata: {
    name: string;
    namespace?: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: Record<string, unknown>;
}

export const API_VERSION = "kubenova.io/v1alpha1";

export const desiredKey = {
  tenant: (tenantId: string): string => `tenant/${tenantId}`,
  project: (projectId: string): string => `project/${projectId}`,
  release: (releaseId: string): string => `release/${releaseId}`,
} as const;

export type DesiredKind = keyof typeof desiredKey;

/** Kind and id of a key. @throws TypeError where the text is not a key */
export function parseDesiredKey(key: string): { kind: DesiredKind; id: string } {
  const match = /^(tenant|project|release)\/([a-z]{3}_[0-9A-Z]{26})$/.exec(key);
  if (!match) throw new TypeError(`not a desired key: ${key.slice(0, 80)}`);
  return { kind: match[1] as DesiredKind, id: match[2] as string };
}

export interface TenantInput {
  id: string;
  name: string;
  displayName?: string;
}

export function tenantResource(tenant: TenantInput): CustomResource {
  return {
    apiVersion: API_VERSION,
    kind: "NovaTenant",
    metadata: { name: tenant.name, labels: { [LABEL.tenant]: tenant.name } },
    spec: { tenantId: tenant.id, ...(tenant.displayName ? { displayName: tenant.displayName } : {}) },
  };
}

export interface ProjectInput {
  id: string;
  name: string;
  tenant: TenantInput;
  /** The project's environments that are placed on this cluster and not deleted. */
  environments: { id: string; name: string; namespace: string; adopted: boolean }[];
}

/** NovaProject is cluster-scoped, since it makes namespaces; its name joins tenant and project by a dot, which no name has. */
export function projectResource(project: ProjectInput): CustomResource {
  return {
    apiVersion: API_VERSION,
    kind: "NovaProject",
    metadata: {
      name: `${project.tenant.name}.${project.name}`,
      labels: { [LABEL.tenant]: project.tenant.name, [LABEL.project]: project.name },
    },
    spec: {
      projectId: project.id,
      tenant: project.tenant.name,
      project: project.name,
      environments: [...project.environments]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ id, name, namespace, adopted }) => ({ environmentId: id, name, namespace, adopted })),
    },
  };
}

export interface ReleaseInput {
  id: string;
  tenant: string;
  project: string;
  environment: string;
  namespace: string;
  app: string;
  appId: string;
  revisionId: string;
  revisionNumber: number;
  specDigest: string;
  source: AppSource;
}

export function releaseResource(release: ReleaseInput): CustomResource {
  return {
    apiVersion: API_VERSION,
    kind: "NovaApp",
    metadata: {
      name: release.app,
      namespace: release.namespace,
      labels: {
        [LABEL.tenant]: release.tenant,
        [LABEL.project]: release.project,
        [LABEL.environment]: release.environment,
        [LABEL.app]: release.app,
      },
    },
    spec: {
      tenant: release.tenant,
      project: release.project,
      environment: release.environment,
      app: release.app,
      appId: release.appId,
      releaseId: release.id,
      revisionId: release.revisionId,
      revisionNumber: release.revisionNumber,
      specDigest: release.specDigest,
      source: release.source,
    },
  };
}

/** Annotations that the agent writes beside the resource: where it came from, and what proves it current. */
export function originAnnotations(
  document: Pick<DesiredDocument, "key" | "revision" | "correlationId" | "traceparent">,
  digest: string,
  epochId: string,
): Record<string, string> {
  return {
    [ANNOTATION.key]: document.key,
    [ANNOTATION.revision]: String(document.revision),
    [ANNOTATION.digest]: digest,
    [ANNOTATION.epoch]: epochId,
    [ANNOTATION.correlation]: document.correlationId,
    ...(document.traceparent ? { [ANNOTATION.traceparent]: document.traceparent } : {}),
  };
}
