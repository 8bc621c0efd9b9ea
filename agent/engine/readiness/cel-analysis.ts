import type { Expr, Parsed } from "./cel-library.ts";

/** What an expression speaks of, known before it is ever evaluated. */
export interface Analysis {
  /** `nodes["id"]`: these ids; `computed`: an id that only the evaluation knows, or all of them. */
  nodes: ReadonlySet<string>;
  computed: boolean;
  /** What is wrong with it. */
  problem?: { message: string; offset: number };
}

const VARIABLES = new Set(["self", "nodes"]);
const TYPES = new Set([
  ...["int", "uint", "double", "bool", "string", "bytes", "list", "map", "type", "null_type"],
  ...["google", "timestamp", "duration"],
]);
/** The planner's own: no function of the environment. */
const OPERATORS = new Set(["_&&_", "_||_", "_?_:_", "_[_]", "@not_strictly_false"]);

/** Reads an expression once: variables, functions, and the nodes that it names. Pure. */
export function analyse({ expr, positions }: Parsed, isFunction: (name: string) => boolean): Analysis {
  const nodes = new Set<string>();
  let computed = false;
  let problem: Analysis["problem"];
  const wrong = (at: Expr, message: string) => {
    problem ??= { message, offset: positions[String(at.id)] ?? 0 };
  };

  const walk = (at: Expr | undefined, bound: ReadonlySet<string>): void => {
    if (!at) return;
    const named = nodeNamed(at, bound);
    if (named !== undefined) return void nodes.add(named);
    const kind = at.exprKind;
    switch (kind.case) {
      case "identExpr": {
        const { name } = kind.value;
        if (name === "nodes" && !bound.has(name)) computed = true;
        else if (!VARIABLES.has(name) && !bound.has(name) && !TYPES.has(name))
          wrong(at, `'${name}' is no variable: there are self and nodes`);
        return;
      }
      case "selectExpr":
        walk(kind.value.operand, bound);
        return;
      case "callExpr": {
        const { function: called, target, args } = kind.value;
        if (!OPERATORS.has(called) && !isFunction(called)) wrong(at, `there is no function '${called}'`);
        walk(target, bound);
        for (const arg of args) walk(arg, bound);
        return;
      }
      case "listExpr":
        for (const element of kind.value.elements) walk(element, bound);
        return;
      case "structExpr":
        for (const { keyKind, value } of kind.value.entries) {
          if (keyKind.case === "mapKey") walk(keyKind.value, bound);
          walk(value, bound);
        }
        return;
      case "comprehensionExpr": {
        const { iterRange, accuInit, loopCondition, loopStep, result, iterVar, iterVar2, accuVar } =
          kind.value;
        walk(iterRange, bound);
        walk(accuInit, bound);
        const inner = new Set([...bound, iterVar, iterVar2, accuVar]);
        for (const part of [loopCondition, loopStep, result]) walk(part, inner);
        return;
      }
    }
  };
  walk(expr, new Set());
  return { nodes, computed, ...(problem ? { problem } : {}) };
}

/** The id in `nodes.id` and `nodes["id"]`. */
function nodeNamed({ exprKind: kind }: Expr, bound: ReadonlySet<string>): string | undefined {
  const isNodes = (of: Expr | undefined) =>
    of?.exprKind.case === "identExpr" && of.exprKind.value.name === "nodes" && !bound.has("nodes");
  if (kind.case === "selectExpr") return isNodes(kind.value.operand) ? kind.value.field : undefined;
  if (kind.case !== "callExpr" || kind.value.function !== "_[_]" || !isNodes(kind.value.args[0]))
    return undefined;
  const index = kind.value.args[1]?.exprKind;
  if (index?.case !== "constExpr" || index.value.constantKind.case !== "stringValue") return undefined;
  return index.value.constantKind.value;
}
