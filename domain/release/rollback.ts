export interface DeploymentStep {
  revisionId: string;
  action: "deploy" | "auto" | "rollback";
}

/**
 * The revision that a rollback goes back to, or null where there is none. Deployments build a stack and a rollback
 * takes it down to where it went: so two rollbacks go back two steps, and never forth again.
 *
 * @param history oldest first
 */
export function rollbackTarget(history: readonly DeploymentStep[]): string | null {
  const stack: string[] = [];
  for (const { revisionId, action } of history) {
    const below = action === "rollback" ? stack.lastIndexOf(revisionId) : -1;
    if (below >= 0) stack.length = below + 1;
    else if (stack.at(-1) !== revisionId) stack.push(revisionId);
  }
  return stack.at(-2) ?? null;
}
