import type { Decision } from "./decide.ts";
import type { Permission } from "./permissions.ts";
import type { Scope } from "./scope.ts";

/** `project/prj_…`: how a scope is written. */
export const scopeText = (scope: Scope): string => {
  switch (scope.level) {
    case "platform":
      return "platform";
    case "cluster":
      return `cluster/${scope.clusterId}`;
    case "tenant":
      return `tenant/${scope.tenantId}`;
    case "project":
      return `project/${scope.projectId}`;
    case "environment":
      return `environment/${scope.environmentId}`;
  }
};

/** The rule that decided, as a sentence for people. */
export function explanation(decision: Decision, permission: Permission): string {
  switch (decision.rule) {
    case "platform-key":
      return "The installation's own key may do everything.";
    case "within":
      return `The role '${decision.binding.role}' at ${scopeText(decision.binding.scope)}, given to ${decision.binding.subject}, has '${permission}', and the object is in that scope.`;
    case "on-the-way":
      return `The role '${decision.binding.role}' at ${scopeText(decision.binding.scope)}, given to ${decision.binding.subject}, is further down: what it is in may be read on the way to it.`;
    case "role-lacks-it":
      return `The nearest binding is the role '${decision.binding.role}' at ${scopeText(decision.binding.scope)}, given to ${decision.binding.subject}; it lacks '${permission}'.`;
    case "key-permissions":
      return `The API key that was used is not good for '${permission}', whatever its owner may do.`;
    case "key-tenant":
      return "The API key or login that was used is good for another tenant only.";
    case "no-binding":
      return "Nothing is given there; what no binding allows is denied.";
    case "not-signed-in":
      return "Nobody is signed in.";
  }
}
