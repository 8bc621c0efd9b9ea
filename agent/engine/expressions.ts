import type { ReadyWhen } from "../../protocol/resources/graph.ts";
import { namedBy } from "./expression-names.ts";
import type { Host } from "./host.ts";
import type { Readiness } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { compile, EVALUATION_MS } from "./readiness/cel.ts";
import { failed, progressing, READY } from "./readiness/conditions.ts";
import { wholeOf } from "./whole.ts";

/** After an expression took too long: a graph costs the others a two-hundredth of their time at most. */
const BARRED_MS = 200 * EVALUATION_MS;

/** How a node stands by one expression. What is not there yet is waited for. */
export function byExpression(host: Host, run: Run, one: NodeRun, check: ReadyWhen): Readiness {
  const compiled = compile(check.expression ?? "");
  if ("problem" in compiled) return failed(`CEL: ${compiled.problem}`);
  const self = wholeOf(host, run, one, one);
  if ("problem" in self) return progressing(self.problem);
  const nodes = new Map<string, object>();
  for (const id of namedBy(one.node, check)) {
    const other = run.nodes.get(id);
    const found = other && wholeOf(host, run, other, one);
    if (found && "problem" in found) return progressing(`node '${id}': ${found.problem}`);
    if (found?.object) nodes.set(id, found.object);
  }
  if (!self.object) return progressing("it is not there yet");

  const now = host.ctx.clock.monotonic();
  const barred = run.expressionsBarredUntil - now;
  if (barred > 0) host.pokeAfter(one.node.id, barred);
  else {
    const outcome = compiled.evaluate(self.object, nodes);
    if ("value" in outcome) return outcome.value ? READY : progressing(`waits for ${check.expression}`);
    if ("error" in outcome) return progressing(`CEL: ${outcome.error}, in ${check.expression}`);
    run.expressionsBarredUntil = now + BARRED_MS;
    host.pokeAfter(one.node.id, BARRED_MS);
  }
  return progressing(
    `CEL: an expression of this graph takes more than ${EVALUATION_MS} ms; tried again every ${BARRED_MS / 1_000} s`,
  );
}
