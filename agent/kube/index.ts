/**
 * A small Kubernetes client: authentication and TLS of a kubeconfig or the pod's ServiceAccount, our own JSON,
 * reflectors, leader election, events. Knows nothing of KubeNova's own resources.
 */
import type { EventRecorder, EventRecorderOptions } from "./event-types.ts";
import type { LeaderElection, LeaderElectionOptions } from "./leader-types.ts";
import type { Reflector, ReflectorOptions } from "./reflector-types.ts";
import type { Kube, LiveObject, RequestInfo } from "./types.ts";

export { type Clock, type Random, systemClock } from "./clock.ts";
export { type ErrorKind, isKind, KubeError, ReadOnlyError, type StatusCause } from "./errors.ts";
export type * from "./event-types.ts";
export type * from "./leader-types.ts";
export type * from "./reflector-types.ts";
export type * from "./types.ts";

export interface LoadOptions {
  /** Path of a kubeconfig. Without it: $KUBECONFIG, else the pod's ServiceAccount, else ~/.kube/config. */
  kubeconfig?: string;
  context?: string;
  readOnly?: boolean;
  /** Called after each request (watches: when they end). Must not throw. */
  onRequest?: (info: RequestInfo) => void;
  /** The User-Agent header. */
  userAgent?: string;
}

export declare function loadKube(options?: LoadOptions): Promise<Kube>;
export declare function createReflector<T = LiveObject>(
  kube: Kube,
  options: ReflectorOptions<T>,
): Reflector<T>;
export declare function startLeaderElection(kube: Kube, options: LeaderElectionOptions): LeaderElection;
export declare function createEventRecorder(kube: Kube, options: EventRecorderOptions): EventRecorder;
/** `Audit-ID` of the n-th request under a correlation id: at most 64 characters, safe in a header. */
export declare function auditId(correlationId: string, n: number): string;
/** `apps/v1` + `Deployment` → `{group: "apps", version: "v1", kind: "Deployment"}`. */
export declare function parseType(type: import("./types.ts").TypeRef): import("./types.ts").GroupVersionKind;
/** `Deployment.apps` (`ConfigMap` in the core group): the kind without its version. */
export declare function groupKind(type: import("./types.ts").TypeRef): string;
/** `namespace/name`, or `name`: the key of a reflector's store. */
export declare function objectKey(object: { metadata: { namespace?: string; name?: string } }): string;
/** `Deployment.apps/shop/web`: a reference for people and maps; the same object at another API version is the same. */
export declare function refString(ref: import("./types.ts").ObjectRef): string;
export declare function refOf(object: import("./types.ts").KubeObject): import("./types.ts").ObjectRef;
export declare function isDnsLabel(name: string): boolean;
export declare function isDnsSubdomain(name: string): boolean;
