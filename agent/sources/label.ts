import type { CueRef } from "../../protocol/resources/cue-ref.ts";

const MAX_LABEL = 256;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
/** `host.example/…`, `host:5000/…`: what has an @ behind it has it in a path, a tag or a name. */
const BEGINS_WITH_HOST =
  /^(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?|[A-Za-z0-9-]+:\d{1,5}|localhost)\//;
const DIGEST = /@sha\d+:[0-9a-fA-F]*$/;

/** A reference as statuses, events and errors show it. */
export function labelOf({ type, ref }: CueRef): string {
  return type === "inline" ? "the inline module" : `${type} ${withoutCredentials(ref).slice(0, MAX_LABEL)}`;
}

/** One with credentials before the host is refused, however it is written; until then it may hold a password. */
function withoutCredentials(ref: string): string {
  const scheme = SCHEME.exec(ref)?.[0] ?? "";
  const rest = ref.slice(scheme.length);
  const at = rest.replace(DIGEST, "").lastIndexOf("@");
  return at < 0 || BEGINS_WITH_HOST.test(rest) ? ref : `${scheme}…${rest.slice(at)}`;
}
