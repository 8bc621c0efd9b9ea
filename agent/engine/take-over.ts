import { MANAGER } from "../../domain/names/labels.ts";
import type { LiveObject, ManagedFieldsEntry } from "../kube/index.ts";

type FieldSet = Record<string, unknown>;

/** Field managers whose fields are taken unless the policy names others: of kubectl, Helm, Argo CD, Flux and Kustomize. */
export const DEFAULT_MANAGERS: readonly string[] = [
  "kubectl-client-side-apply",
  "kubectl-create",
  "kubectl-edit",
  "kubectl-patch",
  "kubectl-replace",
  "kubectl-annotate",
  "kubectl-label",
  "kubectl-set",
  "kubectl-last-applied",
  "kubectl",
  "before-first-apply",
  "helm",
  "Helm",
  "helm-controller",
  "kustomize-controller",
  "argocd-controller",
  "argocd-application-controller",
  "argocd-server",
];

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Which of these managers hold fields of an object itself; what they hold through a subresource is left to them. Pure. */
export const holdersAmong = (live: Pick<LiveObject, "metadata">, managers: readonly string[]): string[] => [
  ...new Set(entriesOf(live, managers).map(({ manager = "" }) => manager)),
];

const entriesOf = ({ metadata }: Pick<LiveObject, "metadata">, managers: readonly string[]) =>
  (metadata.managedFields ?? []).filter(
    ({ manager = "", subresource }) => !subresource && managers.includes(manager),
  );

/**
 * The JSON patch that makes the fields of these managers ours, for this version of the object alone; undefined where they
 * hold none. The apply that follows then drops what it does not name. Sets of fields of one API version can be joined: the
 * newest entry's version is taken at once, further ones by the patches after the applies in between. Pure.
 */
export function takeOverPatch(
  live: LiveObject,
  managers: readonly string[],
): Record<string, unknown>[] | undefined {
  const taken = entriesOf(live, managers);
  const version = newest(taken)?.apiVersion;
  const lastApplied = live.metadata.annotations?.[LAST_APPLIED] !== undefined;
  if (version === undefined && !lastApplied) return undefined;
  const { uid, resourceVersion, managedFields = [] } = live.metadata;
  const guard = [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
  ];
  const removal = lastApplied
    ? [{ op: "remove", path: `/metadata/annotations/${LAST_APPLIED.replace("/", "~1")}` }]
    : [];
  if (version === undefined) return [...guard, ...removal];
  const joined = taken.filter((entry) => entry.apiVersion === version);
  const ours = managedFields.filter(isOurs);
  const kept = managedFields.filter((entry) => !joined.includes(entry) && !isOurs(entry));
  const sets = [...ours.filter((entry) => entry.apiVersion === version), ...joined].map(
    ({ fieldsV1 = {} }) => fieldsV1,
  );
  const entry: ManagedFieldsEntry = {
    ...{ manager: MANAGER, operation: "Apply", apiVersion: version, fieldsType: "FieldsV1" },
    ...(newest(joined)?.time ? { time: newest(joined)?.time as string } : {}),
    fieldsV1: withoutLastApplied(sets.reduce(union, {})),
  };
  return [...guard, { op: "replace", path: "/metadata/managedFields", value: [...kept, entry] }, ...removal];
}

const isOurs = ({ manager, operation, subresource }: ManagedFieldsEntry): boolean =>
  manager === MANAGER && operation === "Apply" && !subresource;

const newest = (entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry | undefined =>
  [...entries].sort((a, b) => (b.time ?? "").localeCompare(a.time ?? ""))[0];

function union(a: FieldSet, b: FieldSet): FieldSet {
  const joined: FieldSet = { ...a };
  for (const [key, inner] of Object.entries(b))
    joined[key] = key in a ? union(a[key] as FieldSet, inner as FieldSet) : inner;
  return joined;
}

/** The annotation goes with the same patch: nobody may be left as its owner. */
function withoutLastApplied(fields: FieldSet): FieldSet {
  const metadata = fields["f:metadata"] as FieldSet | undefined;
  const annotations = metadata?.["f:annotations"] as FieldSet | undefined;
  if (!annotations) return fields;
  const { [`f:${LAST_APPLIED}`]: _, ...rest } = annotations;
  const { "f:annotations": _a, ...others } = metadata as FieldSet;
  // An empty set would mean the whole of it.
  const kept = Object.keys(rest).length > 0 ? { "f:annotations": rest } : {};
  return { ...fields, "f:metadata": { ...others, ...kept } };
}
