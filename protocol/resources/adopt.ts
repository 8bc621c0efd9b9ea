import { z } from "zod";
import { objectNameSchema } from "./common.ts";

export const MAX_ADOPT_RESOURCES = 64;
export const MAX_ADOPT_MANAGERS = 32;

export const ADOPT_STRATEGIES = ["TakeOwnership", "Mirror"] as const;

export const LATER_WRITERS = ["Correct", "Refuse"] as const;

const LABEL_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** Kubernetes' own label selector. An empty one would take everything: one requirement at least. */
export const adoptSelectorSchema = z
  .object({
    matchLabels: z.record(z.string().max(317), z.string().max(63)).optional(),
    matchExpressions: z
      .array(
        z.object({
          key: z.string().min(1).max(317),
          operator: z.enum(LABEL_OPERATORS),
          values: z.array(z.string().max(63)).max(64).optional(),
        }),
      )
      .max(16)
      .meta({ "x-kubernetes-list-type": "atomic" })
      .optional(),
  })
  .refine(hasRequirement, { message: "at least one of matchLabels, matchExpressions" })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)",
        message: "at least one of matchLabels, matchExpressions",
      },
    ],
  });

/** Objects of one kind in the graph's own namespace (or, for a cluster-wide kind, in the cluster): by name, or by labels. */
export const adoptResourceSchema = z
  .object({
    apiVersion: z.string().min(1).max(317),
    kind: z.string().min(1).max(63),
    name: objectNameSchema.optional(),
    selector: adoptSelectorSchema.optional(),
  })
  .refine(({ name, selector }) => (name === undefined) !== (selector === undefined), {
    message: "exactly one of name, selector",
  })
  .meta({
    "x-kubernetes-validations": [
      { rule: "has(self.name) != has(self.selector)", message: "exactly one of name, selector" },
    ],
  });
export type AdoptResource = z.infer<typeof adoptResourceSchema>;

/**
 * Objects that are there already and that a graph is to take over; what another inventory owns is refused. Only an object
 * that a node of the graph names is ever written.
 */
export const adoptSchema = z.object({
  resources: z
    .array(adoptResourceSchema)
    .min(1)
    .max(MAX_ADOPT_RESOURCES)
    .meta({ "x-kubernetes-list-type": "atomic" }),
  /**
   * TakeOwnership (the default): the fields of `managers` become ours, then the node is applied. Mirror: observed and
   * reported, never written.
   */
  strategy: z.enum(ADOPT_STRATEGIES).optional(),
  /** Field managers whose fields are taken. Default: those of kubectl, Helm, Argo CD and Flux. */
  managers: z
    .array(z.string().min(1).max(128))
    .max(MAX_ADOPT_MANAGERS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /**
   * Inventories whose objects may be taken, as the status names them (`argocd:shop`, `helm:shop/web`); all others' are
   * refused. Other ResourceGraphs' always are.
   */
  owners: z
    .array(z.string().min(1).max(512))
    .max(MAX_ADOPT_MANAGERS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /**
   * What becomes of a field of these objects that somebody else writes later. Correct (the default): as the graph's `drift`
   * says. Refuse: the API server refuses the write, and a deletion too, by the admission policy of the agent's chart.
   */
  laterWriters: z.enum(LATER_WRITERS).optional(),
  /** Only report what would be taken. */
  dryRun: z.boolean().optional(),
});
export type Adopt = z.infer<typeof adoptSchema>;

function hasRequirement(selector: {
  matchLabels?: object | undefined;
  matchExpressions?: object[] | undefined;
}) {
  return Object.keys(selector.matchLabels ?? {}).length > 0 || (selector.matchExpressions?.length ?? 0) > 0;
}
