import { errorText } from "../log.ts";
import type { AbsenceOptions } from "./absence.ts";
import type { Book } from "./book.ts";
import type { Live } from "./live.ts";
import { type LiveObjects, watchLive } from "./live-objects.ts";
import type { DesiredOptions } from "./types.ts";

export interface Watchers {
  book: Book;
  report: AbsenceOptions["report"];
  /** Asks for a fresh snapshot: the documents are not in memory. */
  ask: (reason: string) => void;
  drifted: (live: Live) => boolean;
  ownCluster: () => string | undefined;
}

/** Follows the custom resources: tells deletions that were asked for, and has those put right that nobody asked for. */
export function watchOurs(
  options: Pick<DesiredOptions, "kube" | "clock" | "log">,
  watchers: Watchers,
): LiveObjects {
  const { kube, clock, log } = options;
  const { book, report, ask } = watchers;
  const objects: LiveObjects = watchLive({
    kube,
    clock,
    ownCluster: watchers.ownCluster,
    onChanged(live) {
      if (!watchers.drifted(live)) return;
      log.warn("a custom resource was changed by somebody else", { kind: live.kind, name: live.name });
      ask("a custom resource was changed by somebody else");
    },
    onGone(live) {
      const { key } = live;
      if (key === undefined || objects.withKey(key).length > 0) return;
      const revision = book.deletionOf(key);
      if (revision !== undefined) return report(key, revision, "Deleted");
      log.warn("a custom resource was deleted by somebody else", { kind: live.kind, name: live.name, key });
      ask("a custom resource was deleted by somebody else");
    },
    onError: (error) => log.warn("watching custom resources", { error: errorText(error) }),
  });
  objects.allSynced.then(
    () => {
      // They went while no agent watched.
      for (const [key, revision] of book.deletions()) {
        if (objects.withKey(key).length === 0) report(key, revision, "Deleted");
      }
    },
    () => {},
  );
  return objects;
}
