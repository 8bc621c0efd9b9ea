import { LABEL } from "../../domain/names/labels.ts";
import type { Adopt } from "../../protocol/resources/adopt.ts";
import type { AdoptionStatus } from "../../protocol/resources/graph.ts";
import { isKind, type ObjectRef, refString } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { selectsNode } from "./adoption-rules.ts";
import { type Desired, desiredGuarded } from "./desired.ts";
import type { Host } from "./host.ts";
import type { Held } from "./inventory.ts";
import { at, type GraphNode, type Seen } from "./model.ts";

/**
 * `adopt.laterWriters: Refuse`. What a graph takes over bears a label, and an admission policy of the agent's chart refuses
 * whoever would change what our field manager holds of such an object, or would delete it. The engine only sets the label;
 * whether anything is refused is the API server's to say, so the status tells what is there of that policy.
 */

type LaterWriters = NonNullable<AdoptionStatus["laterWriters"]>;

const NAME = "kubenova-later-writers";
const ADMISSION = { apiVersion: "admissionregistration.k8s.io/v1", name: NAME };
const POLICY: ObjectRef = { ...ADMISSION, kind: "ValidatingAdmissionPolicy" };
const BINDING: ObjectRef = { ...ADMISSION, kind: "ValidatingAdmissionPolicyBinding" };

type Policy = Pick<Adopt, "resources" | "strategy" | "dryRun" | "laterWriters">;

export const refusesLaterWriters = ({ laterWriters, strategy, dryRun }: Policy): boolean =>
  laterWriters === "Refuse" && strategy !== "Mirror" && dryRun !== true;

/** Whether a node's object is to bear the label: what the policy names, and what it has taken before. Pure. */
export const isGuarded = (
  policy: Policy | undefined,
  node: GraphNode,
  namespace: string,
  held: Pick<Held, "adopted"> | undefined,
): boolean =>
  policy !== undefined &&
  refusesLaterWriters(policy) &&
  isWritten(node) &&
  (held?.adopted === true || selectsNode(policy, node, namespace));

const isWritten = ({ mode }: GraphNode): boolean => mode === "Apply" || mode === "Adopt";

/** From now on it is sent with the label. */
export function guard(one: Desired & { readonly node: GraphNode }): void {
  if (isWritten(one.node) && !(LABEL.laterWriters in (one.desired.metadata.labels ?? {})))
    Object.assign(one, desiredGuarded(one));
}

/** What stands in the cluster of the policy, by watches. */
export interface PolicyWatch {
  /** It is known whether it is there, or why it cannot be. */
  ready(): boolean;
  state(): LaterWriters;
  release(): void;
}

export function watchPolicy({ ctx }: Host, changed: () => void): PolicyWatch {
  const parts = [POLICY, BINDING].map((ref) => watchPart(ctx, ref, changed));
  return {
    ready: () => parts.every((part) => part.ready()),
    state() {
      const [policy, binding] = parts.map((part) => part.seen());
      const problem = parts.map((part) => part.problem()).find((one) => one !== undefined);
      const why = whyNot(policy, binding, problem);
      return why === undefined
        ? { refused: true, message: "the API server refuses other writers of what was taken over" }
        : { refused: false, message: `other writers are not refused, only seen as drift: ${why}` };
    },
    release() {
      for (const part of parts) part.release();
    },
  };
}

function watchPart({ cache, kube, signal }: Host["ctx"], ref: ObjectRef, changed: () => void) {
  const key = refString(ref);
  const offs = [cache.keepWhole(key), cache.on(key, changed)];
  const hold = cache.holdOne(ref);
  let answered = false;
  let problem: string | undefined;
  // A watch of long ago may not have kept the object, and a refused one says so late.
  kube
    .get(ref, { signal })
    .then((live) => void cache.put(live))
    .catch((error: unknown) => {
      problem = problemOf(error);
    })
    .finally(() => {
      answered = true;
      if (!signal.aborted) changed();
    });
  hold.synced.then(changed, () => {});
  return {
    ready: () => answered || hold.ready(),
    seen: () => cache.get(key),
    problem: () => (hold.ready() ? undefined : problem),
    release() {
      hold.release();
      for (const off of offs) off();
    },
  };
}

function problemOf(error: unknown): string | undefined {
  if (isKind(error, "notFound")) return undefined;
  if (isKind(error, "noSuchKind"))
    return "this cluster knows no ValidatingAdmissionPolicy (Kubernetes 1.30 does)";
  return `the policy ${NAME} cannot be read: ${errorText(error)}`;
}

/** Why the API server refuses nobody; undefined: it does. Pure. */
export function whyNot(
  policy: Pick<Seen, "deleting"> | undefined,
  binding: Pick<Seen, "deleting" | "object"> | undefined,
  problem?: string,
): string | undefined {
  if (problem !== undefined) return problem;
  const missing = [policy ? [] : [POLICY], binding ? [] : [BINDING]].flat().map(({ kind }) => kind);
  if (missing.length > 0)
    return `the cluster has no ${missing.join(" and no ")} ${NAME}; upgrade the agent's chart, which brings it`;
  if (policy?.deleting || binding?.deleting) return `the policy ${NAME} is being deleted`;
  const spec = binding?.object?.spec;
  const actions = at(spec, "validationActions");
  const isBound = at(spec, "policyName") === NAME && Array.isArray(actions) && actions.includes("Deny");
  if (!isBound) return `the ValidatingAdmissionPolicyBinding ${NAME} does not deny`;
  if (at(spec, "matchResources") !== undefined)
    return `the ValidatingAdmissionPolicyBinding ${NAME} is narrowed, and may not speak of these objects`;
  return undefined;
}
