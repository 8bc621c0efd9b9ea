import type { NovaAppSpec } from "../../protocol/resources/app.ts";
import type { NovaProjectSpec, NovaTenantSpec, RenderedStatus } from "../../protocol/resources/tenancy.ts";
import type { TransformSpec } from "../../protocol/resources/transform.ts";
import type { LiveObject } from "../kube/index.ts";

/** One of the resources that are rendered into a graph, as the API server has it. */
export interface Resource<Spec = unknown> extends LiveObject {
  spec: Spec;
  status?: RenderedStatus & Record<string, unknown>;
}

export type NovaTenant = Resource<NovaTenantSpec>;
export type NovaProject = Resource<NovaProjectSpec>;
export type NovaApp = Resource<NovaAppSpec>;
export type Transform = Resource<TransformSpec>;

export const KINDS = ["NovaTenant", "NovaProject", "NovaApp", "Transform"] as const;
export type ResourceKind = (typeof KINDS)[number];

export function withoutManagedFields(object: LiveObject): Resource {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata } as Resource;
}
