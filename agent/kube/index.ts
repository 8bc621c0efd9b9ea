/**
 * A small Kubernetes client: authentication and TLS of a kubeconfig or the pod's ServiceAccount, our own JSON,
 * reflectors, leader election, events. Knows nothing of KubeNova's own resources.
 */
export { auditId, correlationOf } from "./audit-id.ts";
export { type Clock, type Random, systemClock } from "./clock.ts";
export type { CredentialSource, Credentials } from "./credentials.ts";
export { type ErrorKind, isKind, KubeError, ReadOnlyError, type StatusCause } from "./errors.ts";
export type * from "./event-types.ts";
export { createEventRecorder } from "./events.ts";
export { startLeaderElection } from "./leader.ts";
export type * from "./leader-types.ts";
export { createKube, type KubeOptions, type LoadOptions, loadKube } from "./load.ts";
export { groupKind, isDnsLabel, isDnsSubdomain, objectKey, parseType, refOf, refString } from "./names.ts";
export { createReflector } from "./reflector.ts";
export type * from "./reflector-types.ts";
export type * from "./types.ts";
