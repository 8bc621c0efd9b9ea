import type { GraphNode as NodeSpec, ReadyWhen } from "../../protocol/resources/graph.ts";
import { ignoreProblem } from "./ignored.ts";
import { compile } from "./readiness/cel.ts";
import { isKnownCheck } from "./readiness/index.ts";

/** What is wrong with what a node asks for, in one sentence; undefined: nothing. */
export function nodeProblem(nodes: readonly NodeSpec[]): string | undefined {
  const ids = new Set(nodes.map(({ id }) => id));
  for (const { id, applyPolicy = {}, readyWhen = [] } of nodes) {
    const says = (what: string, index: number, problem: string) =>
      `node '${id}': ${what}[${index}]: ${problem}`;
    for (const [index, pointer] of (applyPolicy.ignoreFields ?? []).entries()) {
      const problem = ignoreProblem(pointer);
      if (problem) return says("ignoreFields", index, problem);
    }
    for (const [index, check] of readyWhen.entries()) {
      const problem = checkProblem(check, ids);
      if (problem) return says("readyWhen", index, problem);
    }
    if (applyPolicy.protect && applyPolicy.recreateOnImmutable)
      return `node '${id}': protect and recreateOnImmutable contradict each other`;
    if (applyPolicy.runKey && applyPolicy.mode !== "Create")
      return `node '${id}': runKey is for nodes of mode Create`;
  }
  return undefined;
}

function checkProblem(check: ReadyWhen, ids: ReadonlySet<string>): string | undefined {
  if (!isKnownCheck(check.type)) return undefined;
  const isCel = check.type === "CEL";
  if (!isCel && (check.expression || check.nodes)) return `'${check.type}' has no expression and no nodes`;
  if (!isCel) return undefined;
  if (!check.expression) return "CEL needs an expression";
  const unknown = check.nodes?.find((id) => !ids.has(id));
  if (unknown !== undefined) return `'${unknown}' is not in the graph`;
  const compiled = compile(check.expression);
  return "problem" in compiled ? compiled.problem : undefined;
}
