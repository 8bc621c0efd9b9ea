import type { Binding } from "./binding.ts";
import type { Permission } from "./permissions.ts";

/** What an API key is held to, beside what its owner may do. */
export interface KeyLimits {
  /** Absent: all that its owner may do. */
  permissions?: ReadonlySet<Permission>;
  /** Absent: every tenant that its owner may see. */
  tenantId?: string;
  /** Absent: what each principal of its tenant has (domain/limits/figures.ts). */
  requestsPerMinute?: number;
}

/** Who asks, and what was given to him; handlers never look inside, they ask {@link can}. */
export type Principal =
  /** The holder of the installation's own key: the way in when every other one is lost. */
  | { kind: "platform-admin"; id: "platform-admin" }
  | { kind: "anonymous"; id: "anonymous" }
  | {
      kind: "user";
      id: string;
      bindings: readonly Binding[];
      sessionId?: string;
      keyId?: string;
      limits?: KeyLimits;
    }
  | {
      kind: "service-account";
      id: string;
      bindings: readonly Binding[];
      keyId: string;
      limits?: KeyLimits;
    };

export const ANONYMOUS: Principal = { kind: "anonymous", id: "anonymous" };
export const PLATFORM_ADMIN: Principal = { kind: "platform-admin", id: "platform-admin" };

/** What was given to a principal; nothing to the two that have no bindings. */
export const bindingsOf = (principal: Principal): readonly Binding[] =>
  "bindings" in principal ? principal.bindings : [];

/** What the key that was used is held to. */
export const limitsOf = (principal: Principal): KeyLimits =>
  ("limits" in principal && principal.limits) || {};
