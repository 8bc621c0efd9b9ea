/** Who asks. Later kinds of principal are members of this union; handlers never look inside, they ask {@link can}. */
export type Principal = { kind: "platform-admin"; id: string } | { kind: "anonymous"; id: "anonymous" };

/** Verb on a kind of object; each route declares one. */
export type Action =
  `${string}:${"create" | "list" | "get" | "update" | "delete" | "restore" | "deploy" | "render" | "proxy" | "replay" | "discard"}`;

/** What is acted on: its tenant (id) where it belongs to one. */
export interface AccessObject {
  tenantId?: string;
  id?: string;
}

export const ANONYMOUS: Principal = { kind: "anonymous", id: "anonymous" };

/** Default deny: only what a rule here allows. */
export function can(principal: Principal, _action: Action, _object: AccessObject): boolean {
  return principal.kind === "platform-admin";
}
