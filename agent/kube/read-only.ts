import { ReadOnlyError } from "./errors.ts";
import { decodedSegments } from "./paths.ts";

const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Reached by GET, yet what goes through them may do anything in a container, a kubelet or a service. */
const CONNECTS: ReadonlySet<string> = new Set(["exec", "attach", "portforward", "proxy"]);

/**
 * Throws a ReadOnlyError unless the request can only read. Dry-runs are writes: admission webhooks see them, and
 * nothing but a query parameter would stand between them and a change. A name that equals a connect subresource is
 * refused as well; that errs on the safe side.
 */
export function assertRead(method: string, path: string): void {
  if (!READS.has(method)) throw new ReadOnlyError(`${method} ${path}`);
  const segments = decodedSegments(path);
  const resourceAt = segments[0] === "apis" ? 3 : 2;
  // A connect subresource stands behind a resource and a name.
  if (segments.slice(resourceAt + 2).some((part) => CONNECTS.has(part)))
    throw new ReadOnlyError(`GET ${path}`);
}
