import { GROUP, VERSION } from "./common.ts";
import { DEFINITIONS, type Definition } from "./crd-definitions.ts";
import { structuralSchema } from "./structural.ts";

/** All CustomResourceDefinitions, as they stand in the chart. */
export const customResourceDefinitions = (): Record<string, unknown>[] => DEFINITIONS.map(crdOf);

function crdOf(definition: Definition): Record<string, unknown> {
  const { kind, plural, shortNames, scope, columns } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${GROUP}`,
      labels: { "app.kubernetes.io/name": "kubenova-agent", "app.kubernetes.io/part-of": "kubenova" },
      // An agent that is uninstalled must not take its resources, and with them every workload, along.
      annotations: { "helm.sh/resource-policy": "keep" },
    },
    spec: {
      group: GROUP,
      names: {
        kind,
        plural,
        singular: kind.toLowerCase(),
        listKind: `${kind}List`,
        shortNames,
        categories: ["kubenova"],
      },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(definition) },
          ...(definition.status ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}

function rootSchema({ description, spec, status, immutable }: Definition): Record<string, unknown> {
  const specSchema = structuralSchema(spec);
  const rules = immutable.map((field) => ({
    rule: `self.${field} == oldSelf.${field}`,
    message: `${field} never changes`,
  }));
  return {
    type: "object",
    description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: rules.length ? { ...specSchema, "x-kubernetes-validations": rules } : specSchema,
      ...(status ? { status: structuralSchema(status) } : {}),
    },
  };
}
