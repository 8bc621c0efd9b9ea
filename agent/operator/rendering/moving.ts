import type { CueRef } from "../../../protocol/resources/cue-ref.ts";

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** What a reference stands for may change while it stays the same: a tag, a branch, a ConfigMap. */
export function isMoving({ type, ref }: CueRef): boolean {
  switch (type) {
    case "oci":
      return !ref.includes("@sha256:");
    case "git":
      return !COMMIT.test(new URLSearchParams(queryOf(ref)).get("ref") ?? "");
    case "configmap":
      return true;
    case "inline":
    case "embedded":
      return false;
  }
}

const queryOf = (url: string): string => {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1);
};

/** It comes over the network, and may keep whoever asks waiting. */
export const isFar = ({ type }: CueRef): boolean => type === "oci" || type === "git";

/** Milliseconds of `1h2m3s`; undefined for what is no duration. The definition refuses such a one. */
export function durationMs(text: string): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (!match || text === "") return undefined;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000;
}
