import type { LiveObject } from "../../kube/index.ts";
import { at, list, numberOr, text } from "../model.ts";

/** Why a pod does not run. `final`: by itself it will not, or hardly. */
export interface Trouble {
  message: string;
  final: boolean;
}

/** A name that can never be pulled, or one that has been refused more than once. */
const FINAL = new Set(["ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"]);
const PASSING = new Set([
  "ErrImagePull",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "CrashLoopBackOff",
  "RegistryUnavailable",
]);
/** Crashes in a row: fewer are an app that waits for what it needs. */
const CRASHES = 5;
const MESSAGE_CHARS = 400;

export function podTrouble(pod: LiveObject): Trouble | undefined {
  for (const kind of ["initContainerStatuses", "containerStatuses"]) {
    for (const container of list(at(pod, "status", kind))) {
      const found = containerTrouble(container);
      if (found) return found;
    }
  }
  const scheduled = list(at(pod, "status", "conditions")).find((one) => at(one, "type") === "PodScheduled");
  if (at(scheduled, "status") !== "False") return undefined;
  return { message: cut(text(at(scheduled, "message")) ?? "not scheduled"), final: false };
}

function containerTrouble(container: unknown): Trouble | undefined {
  const reason = text(at(container, "state", "waiting", "reason"));
  if (!reason || !(FINAL.has(reason) || PASSING.has(reason))) return undefined;
  const restarts = numberOr(at(container, "restartCount"), 0);
  const name = text(at(container, "name")) ?? "a container";
  const says = text(at(container, "state", "waiting", "message"));
  const crashed = lastWords(container, restarts);
  return {
    message: cut(`container ${name}: ${reason}${crashed ?? (says ? `: ${says}` : "")}`),
    final: FINAL.has(reason) || restarts >= CRASHES,
  };
}

function lastWords(container: unknown, restarts: number): string | undefined {
  const last = at(container, "lastState", "terminated");
  if (!last) return undefined;
  const says = text(at(last, "message")) ?? text(at(last, "reason")) ?? "it ended";
  return `: ${says}, exit code ${numberOr(at(last, "exitCode"), -1)}, ${restarts} restarts`;
}

const cut = (message: string): string =>
  message.length <= MESSAGE_CHARS ? message : `${message.slice(0, MESSAGE_CHARS - 1)}…`;
