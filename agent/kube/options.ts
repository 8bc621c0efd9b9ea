import type { LiveObject } from "./objects.ts";

/** Who a request acts as. A ServiceAccount gets its groups from the API server. */
export type Identity =
  | { readonly namespace: string; readonly serviceAccount: string }
  | {
      user: string;
      groups?: readonly string[];
      uid?: string;
      extra?: Readonly<Record<string, readonly string[]>>;
    };

/** Options of every request. A client made by {@link Kube.with} carries them as defaults. */
export interface RequestOptions {
  /** Impersonation. Without it the agent's own identity acts. Cannot be unset where `with` set one. */
  as?: Identity;
  /** The `Audit-ID` header (see `auditId`); a function is asked once a request, so that each has its own. */
  auditId?: string | (() => string);
  /** Ends the request, also while it waits for its turn; the call rejects with the signal's reason. */
  signal?: AbortSignal;
  /** From being sent to the last byte, retries included; default 30,000. Not for streams. */
  timeoutMs?: number;
  /** A larger answer fails with kind `tooLarge`; default 64 MiB. Not for streams. */
  maxResponseBytes?: number;
  /** Does not wait for a slot among the bounded requests. For Lease renewals and health checks alone. */
  urgent?: boolean;
}

export interface WriteOptions extends RequestOptions {
  /** The server does everything but store. */
  dryRun?: boolean;
  fieldValidation?: "Strict" | "Warn" | "Ignore";
}

export interface GetOptions extends RequestOptions {
  subresource?: string;
  /** `"0"` lets the server answer from its cache; without it the read is consistent. */
  resourceVersion?: string;
}

export interface Selectors {
  /** Without it: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface ListOptions extends RequestOptions, Selectors {
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface CreateOptions extends WriteOptions {
  fieldManager?: string;
}

export interface ApplyOptions extends WriteOptions {
  /** Default `kubenova` (decisions.md 22); at most 128 bytes. */
  fieldManager?: string;
  /** Takes fields over from other managers instead of failing with kind `conflict`. Default false. */
  force?: boolean;
  subresource?: string;
}

export interface PatchOptions extends WriteOptions {
  /** `merge` (RFC 7396): an object; `json` (RFC 6902): an array of operations. Default `merge`. */
  type?: "merge" | "json";
  subresource?: string;
  fieldManager?: string;
}

export interface ReplaceOptions extends WriteOptions {
  subresource?: string;
  fieldManager?: string;
}

export interface DeleteOptions extends WriteOptions {
  /** A mismatch fails with kind `conflict`: another object has taken the name, or it changed. */
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
  gracePeriodSeconds?: number;
}

export interface DeleteResult {
  /** `true`: it no longer exists. `false`: accepted, finalizers or a grace period keep it for a while. */
  gone: boolean;
  /** The object as it is while it waits. */
  object?: LiveObject;
}
