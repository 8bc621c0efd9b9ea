import { isKind, type LiveObject } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { type DriftField, driftedFields, driftText, remember } from "./drift.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { readLive } from "./read.ts";

const RETRY_MS = 1_000;

/** Reads who changed what of a node's object, right before it is set back. */
export async function driftNow(host: Host, run: Run, one: NodeRun): Promise<readonly DriftField[]> {
  try {
    return driftedFields(one.desired, await readLive(host.ctx, one.node.ref, run.as));
  } catch {
    // It only goes into the report; whatever is wrong, the apply that follows meets it too.
    return [];
  }
}

/** Reads who changed what, and says it; nothing is set back. */
export async function lookAtDrift(host: Host, run: Run, one: NodeRun, seen: Seen): Promise<void> {
  const { ctx } = host;
  try {
    const live = await readLive(ctx, one.node.ref, run.as);
    const now = ctx.cache.put(live);
    const fields = driftedFields(one.desired, live);
    const text = `changed by others: ${driftText(fields)}`;
    const isNews = one.drift?.text !== text;
    one.drift = { hash: now.liveHash, text };
    if (isNews) tellDrift(host, one, fields, false);
  } catch (error) {
    if (ctx.signal.aborted) return;
    if (isKind(error, "notFound")) return ctx.cache.forget(one.node.key, seen.uid);
    one.drift = { hash: seen.liveHash, text: `changed by others; it could not be read: ${errorText(error)}` };
  }
}

/** Puts a drift on record: status, event and count. */
export function tellDrift(
  host: Host,
  one: NodeRun,
  fields: readonly DriftField[],
  corrected: boolean,
  how = corrected ? "set back" : "only reported, as the policy asks",
): void {
  const { ctx } = host;
  const { kind, namespace, name } = one.node.ref;
  const drift = {
    ...{ kind, name, corrected },
    ...(namespace ? { namespace } : {}),
    time: new Date(ctx.clock.now()).toISOString(),
    fields: [...fields],
  };
  host.drifts = remember(host.drifts, drift);
  ctx.count.drift(corrected ? "corrected" : "reported");
  host.reporter.drifted(one.node.ref, `${driftText(fields)}; ${how}`);
  ctx.log.warn("drift", { object: one.node.key, corrected, fields: driftText(fields) });
}

/** Asks for an object by name that its watch calls deleted: it may only have lost its label. */
export async function askWhetherGone(host: Host, run: Run, one: NodeRun, uid: string): Promise<void> {
  const { ctx } = host;
  try {
    ctx.cache.put(await readLive(ctx, one.node.ref, run.as));
  } catch (error) {
    if (isKind(error, "notFound", "noSuchKind")) {
      one.absent = uid;
      return;
    }
    if (ctx.signal.aborted) return;
    one.notBefore = ctx.clock.monotonic() + RETRY_MS;
    one.message = `cannot be asked for: ${errorText(error)}`;
    host.pokeAfter(one.node.id, RETRY_MS);
  }
}

/** What was made once more, in the place of what somebody deleted. */
export function tellRemade(host: Host, one: NodeRun, live: LiveObject): void {
  if (one.absent === undefined || one.absent === live.metadata.uid) return;
  delete one.absent;
  tellDrift(host, one, [], true, "it was deleted by somebody else, and made anew");
}
