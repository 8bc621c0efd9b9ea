import { CLOSE } from "../../protocol/tunnel/limits.ts";
import type { Ending } from "../tunnel/reconnect.ts";
import type { Welcome } from "../tunnel/types.ts";
import type { DesiredState } from "./state.ts";

/**
 * Why a session may not go on, and how it ends. `wanted`: a snapshot is; the wish may have come while the hello was
 * under way.
 */
export function refusalOf(
  { epoch, epochId, mode }: Pick<Welcome, "epoch" | "epochId" | "mode">,
  state: DesiredState | undefined,
  wanted: boolean,
): { ending: Ending; closeCode?: number } | undefined {
  if (state && epoch < state.epoch) {
    const reason = `the manager's epoch ${epoch} is older than ${state.epoch}, which this cluster knows; declare a new one`;
    return { ending: { kind: "refused", code: 0, reason } };
  }
  if (mode !== "resume") return undefined;
  if (state?.epochId !== epochId) {
    return { ending: { kind: "lost", reason: "resumed without a cursor" }, closeCode: CLOSE.protocolError };
  }
  return wanted ? { ending: { kind: "renew", reason: "a snapshot is wanted" } } : undefined;
}
