import { type FieldConflict, MAX_CONFLICT_FIELDS, MAX_CONFLICTS } from "../../protocol/resources/graph.ts";
import { groupKind, isKind, KubeError, type ObjectRef } from "../kube/index.ts";
import { errorText } from "../log.ts";

/** What the API server's refusals of an apply mean. Pure. */

const NO_MANAGER = "another manager";

/** Managers and their fields, from the causes of a 409; bounded. */
export function conflictsOf(error: unknown): FieldConflict[] {
  if (!(error instanceof KubeError)) return [];
  const byManager = new Map<string, Set<string>>();
  for (const { field, message } of error.fieldConflicts) {
    const manager = /^conflict with "((?:[^"\\]|\\.)*)"/.exec(message)?.[1] ?? NO_MANAGER;
    const fields = byManager.get(manager) ?? new Set();
    byManager.set(manager, fields.add(field.slice(0, 512)));
  }
  return [...byManager].slice(0, MAX_CONFLICTS).map(([manager, fields]) => ({
    manager: manager.slice(0, 128),
    fields: [...fields].slice(0, MAX_CONFLICT_FIELDS),
  }));
}

export function conflictText(conflicts: readonly FieldConflict[]): string {
  const shown = conflicts.map(({ manager, fields }) => {
    const more = fields.length > 5 ? ` and ${fields.length - 5} more` : "";
    return `${manager} (${fields.slice(0, 5).join(", ")}${more})`;
  });
  return `other managers hold fields of it: ${shown.join(", ")}`;
}

/** The replicas alone, and those held by the controller that acts for autoscalers. */
export const isOfAutoscaler = (conflicts: readonly FieldConflict[]): boolean =>
  conflicts.length === 1 &&
  conflicts[0]?.manager === "kube-controller-manager" &&
  conflicts[0].fields.every((field) => field === ".spec.replicas");

/**
 * How validation says that a field keeps its value: the words of Kubernetes' own kinds, and those that authors of
 * definitions use. Read at the end of a cause, after the value that was refused.
 */
const IMMUTABLE =
  /immutable|may not (?:be )?(?:change|update)|can(?:not|'t|not be) (?:be )?change|updates to .* (?:are )?forbidden|once (?:it is )?set/i;

/** Fields that the server will not change; empty where it refused for another reason. */
export function immutableFields(error: unknown): string[] {
  if (!isKind(error, "invalid") || error.status !== 422) return [];
  const fields = error.causes.flatMap(({ field, message = "" }) => {
    // What follows the first line is a comparison of the two objects.
    const [line = ""] = message.split("\n");
    const said = line.slice(line.lastIndexOf(": ") + 1);
    return field && IMMUTABLE.test(said) ? [field] : [];
  });
  return [...new Set(fields)].slice(0, MAX_CONFLICT_FIELDS);
}

/** Whose deletion takes more along than itself. */
const NEVER_REPLACED: readonly string[] = [
  ...["Namespace", "PersistentVolumeClaim", "PersistentVolume"],
  "CustomResourceDefinition.apiextensions.k8s.io",
];

export const isReplaceable = (ref: ObjectRef): boolean => !NEVER_REPLACED.includes(groupKind(ref));

export function immutableText(
  fields: readonly string[],
  { ref, protect, recreate }: { ref: ObjectRef; protect: boolean; recreate: boolean },
): string {
  const what = `${fields.join(", ")} of ${ref.kind} ${ref.name} cannot be changed`;
  if (!isReplaceable(ref))
    return `${what}, and a ${ref.kind} is never made anew: what it holds would be lost`;
  if (protect) return `${what}, and it is protected`;
  return recreate ? what : `${what}; with recreateOnImmutable it would be deleted and made anew`;
}

/** An admission said no: a webhook, a policy, a quota, a pod security level. Any of them may change its mind. */
export const isDenied = (error: unknown): boolean =>
  isKind(error, "forbidden", "invalid") &&
  /denied the request|denied request|exceeded quota|violates PodSecurity|is forbidden: maximum|is forbidden: minimum/.test(
    error.message,
  );

export function refusalText(error: unknown): string {
  const conflicts = conflictsOf(error);
  return conflicts.length > 0 ? conflictText(conflicts) : errorText(error);
}
