import { CLOSE } from "../../protocol/tunnel/limits.ts";
import type { Ending } from "./reconnect.ts";

/** The close codes and HTTP answers of the manager by kind: the one place that reads them. */
export function endingOfClose(code: number, reason: string): Ending {
  const text = reason || `closed with ${code}`;
  switch (code) {
    case CLOSE.fenced:
      return { kind: "fenced", reason: text };
    case CLOSE.unauthorized:
    case CLOSE.wrongCluster:
    case CLOSE.deleted:
    case CLOSE.upgradeRequired:
      return { kind: "refused", code, reason: text };
    default:
      return { kind: "lost", reason: text };
  }
}

/** An answer to the upgrade that is not 101. A proxy in between may answer anything: only 410 is ours for sure. */
export function endingOfUpgrade(status: number): Ending {
  if (status === 410) return { kind: "refused", code: CLOSE.deleted, reason: "the cluster was deleted" };
  return { kind: "lost", reason: `the manager answered ${status} to the upgrade` };
}
