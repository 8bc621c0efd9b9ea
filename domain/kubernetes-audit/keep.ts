import { codeOf, isDenied, type KubernetesEvent } from "./event.ts";

/** The agent, as the API server knows it. */
export interface Own {
  user: string;
  /** Where its own objects are. */
  namespace: string;
}

const STAGES = new Set(["ResponseComplete", "Panic"]);
const WRITES = new Set(["create", "update", "patch", "delete", "deletecollection"]);
const READS = new Set(["get", "list", "watch"]);
/** Ways into a running process: the verb of the event is `create` or `get`, as the protocol has it. */
const CONNECTS = new Set(["exec", "attach", "portforward", "proxy"]);
/** What every cluster writes all the time, and no person decides. */
const NOISE = new Set([
  "leases.coordination.k8s.io",
  "events",
  "events.events.k8s.io",
  "tokenreviews.authentication.k8s.io",
  "selfsubjectreviews.authentication.k8s.io",
  "subjectaccessreviews.authorization.k8s.io",
  "selfsubjectaccessreviews.authorization.k8s.io",
  "selfsubjectrulesreviews.authorization.k8s.io",
  "localsubjectaccessreviews.authorization.k8s.io",
]);
/** Kubernetes' own components: API server, controllers, scheduler, kubelets, and the ServiceAccounts of kube-system. */
const COMPONENT = /^system:(?:apiserver|kube-[a-z-]+|node:.+|serviceaccount:kube-system:.+)$/;
/** The agent's own objects begin so: its Lease, its key, its state. */
const OWN_OBJECTS = "kubenova-agent";

/** `<resource>` or `<resource>.<group>`. */
export const kindOf = ({ objectRef }: KubernetesEvent): string =>
  objectRef?.resource ? [objectRef.resource, objectRef.apiGroup].filter(Boolean).join(".") : "";

export const isConnect = ({ objectRef }: KubernetesEvent): boolean =>
  CONNECTS.has(objectRef?.subresource ?? "");

/**
 * Whether an event belongs into the audit log: every request that was refused (401, 403), every connection into a pod,
 * changes, and reads of Secrets, but for what machines do all day and nobody asked for.
 */
export function isKept(event: KubernetesEvent, own: Own): boolean {
  if (!STAGES.has(event.stage)) return false;
  if (isDenied(codeOf(event))) return true;
  const byOwn = event.user.username === own.user;
  if (isConnect(event)) return !(byOwn && event.objectRef?.subresource === "proxy");
  if (COMPONENT.test(event.user.username ?? "") || NOISE.has(kindOf(event)) || isDryRun(event)) return false;
  if (READS.has(event.verb)) return kindOf(event) === "secrets" && !byOwn;
  return WRITES.has(event.verb) && !(byOwn && isOwnNoise(event, own));
}

function isOwnNoise({ objectRef }: KubernetesEvent, own: Own): boolean {
  if (objectRef?.subresource === "status") return true;
  return objectRef?.namespace === own.namespace && (objectRef.name ?? "").startsWith(OWN_OBJECTS);
}

/** It changed nothing. */
const isDryRun = ({ requestURI }: KubernetesEvent): boolean => /[?&]dryRun=/i.test(requestURI);
