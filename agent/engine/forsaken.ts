import { ANNOTATION } from "../../domain/names/labels.ts";
import { type Identity, isKind, type LiveObject, type ObjectRef, refOf, refString } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { atOnce } from "./at-once.ts";
import { auditIds } from "./audit.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import { isMadeByUs } from "./fields.ts";
import { listable, listMetadata, nameOfType, UNREADABLE } from "./listing.ts";
import { MANAGED_SELECTOR, unmarkPatch } from "./marks.ts";

/**
 * A graph whose record went before it: its shards have no finalizer, so a namespace that is deleted takes them while the
 * graph waits for a process of ours. What is in that namespace goes with it. What is elsewhere, and stands in nothing that
 * can still be read, bears our mark; whether its policy was to keep it nobody knows any more, so it stays, is let go and
 * is named. A kind that nobody here may list is named instead.
 */

type Context = Pick<EngineContext, "kube" | "signal" | "log" | "record">;

/** Kubernetes removes what is in it, whatever becomes of our graphs. */
export function isNamespaceGoing(
  { kube, signal }: Pick<EngineContext, "kube" | "signal">,
  name: string | undefined,
): Promise<boolean> {
  if (!name) return Promise.resolve(false);
  return kube.get({ apiVersion: "v1", kind: "Namespace", name }, { signal }).then(
    (live) => live.metadata.deletionTimestamp !== undefined,
    (error) => isKind(error, "notFound"),
  );
}

/** Objects of a kind that are looked through at once, and events and names that are told of at most. */
const MAX_OBJECTS = 10_000;
const AT_ONCE = 6;
const TOLD = 50;

/**
 * Lets go of what bears the mark of this graph outside of its namespace.
 *
 * @param known keys of what still is on record, and goes as that says
 */
export async function letGoElsewhere(
  ctx: Context,
  live: LiveGraph,
  { as, known }: { as: Identity | undefined; known: ReadonlySet<string> },
): Promise<void> {
  const { found, unread } = await markedElsewhere(ctx, live, as);
  const left = found.filter((object) => !known.has(refString(refOf(object))));
  const said: string[] = [];
  for (const object of left) {
    const failure = await unmark(ctx, live, object, as);
    const note = `its graph's record went with the namespace ${live.metadata.namespace}, so it stays${failure ? `; its mark too: ${failure}` : ""}`;
    if (said.length < TOLD)
      ctx.record({ regarding: object, type: "Warning", reason: "Kept", action: "Delete", note });
    said.push(refString(refOf(object)));
  }
  ctx.log.warn("the record of a graph went with its namespace: what it made elsewhere is let go", {
    graph: `${live.metadata.namespace}/${live.metadata.name}`,
    ...{ objects: said.length, names: said.slice(0, TOLD), notLooked: unread },
  });
}

/** Why it keeps its mark. */
async function unmark(
  { kube, signal }: Context,
  live: LiveGraph,
  object: LiveObject,
  as: Identity | undefined,
): Promise<string | undefined> {
  const ref: ObjectRef = refOf(object);
  const options = { signal, auditId: auditIds(live), ...(as ? { as } : {}) };
  try {
    await kube.patch(ref, unmarkPatch(object.metadata.uid), options);
    return undefined;
  } catch (error) {
    // What may not be done waits for nobody: the namespace would stand for ever.
    if (isKind(error, "forbidden", "invalid")) return errorText(error);
    if (isKind(error, "notFound", "noSuchKind", "conflict")) return undefined;
    throw error;
  }
}

async function markedElsewhere(
  ctx: Context,
  { metadata: { uid, namespace } }: LiveGraph,
  as: Identity | undefined,
): Promise<{ found: LiveObject[]; unread: string[] }> {
  const types = listable(await ctx.kube.resourceTypes({ refresh: true }));
  const isMarked = (object: LiveObject) =>
    object.metadata.annotations?.[ANNOTATION.graph] === uid &&
    object.metadata.namespace !== namespace &&
    object.metadata.deletionTimestamp === undefined &&
    isMadeByUs(object);
  const listing = { labelSelector: MANAGED_SELECTOR, keep: isMarked, max: MAX_OBJECTS, as };
  const found: LiveObject[] = [];
  const unread: string[] = [];
  await atOnce(AT_ONCE, types, async (type) => {
    const listed = await listMetadata(ctx, type, listing);
    if (listed === UNREADABLE) unread.push(nameOfType(type));
    else found.push(...listed.items);
  });
  return { found, unread };
}
