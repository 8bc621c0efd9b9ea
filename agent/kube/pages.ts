import { isKind } from "./errors.ts";
import type { KubeList, LiveObject, TypeRef } from "./objects.ts";
import type { ListOptions } from "./options.ts";
import type { Kube } from "./types.ts";

/** As client-go: large enough to be few requests, small enough to keep the server's answer in its stride. */
const PAGE_SIZE = 500;

/**
 * All pages of a list, at one version. Where the token of a page expired (etcd was compacted meanwhile) everything
 * is read again in one answer, since two versions in one list could miss an object or show it twice.
 */
export async function listEverything(
  kube: Pick<Kube, "list">,
  type: TypeRef,
  options: Omit<ListOptions, "continue">,
): Promise<KubeList> {
  const items: LiveObject[] = [];
  const { limit = PAGE_SIZE, ...rest } = options;
  let page = await kube.list(type, { ...rest, limit });
  for (;;) {
    items.push(...page.items);
    if (page.continue === undefined) return { resourceVersion: page.resourceVersion, items };
    // The version is fixed by the token; the server refuses both together.
    const { resourceVersion: _, resourceVersionMatch: __, ...next } = rest;
    try {
      page = await kube.list(type, { ...next, limit, continue: page.continue });
    } catch (error) {
      if (!isKind(error, "gone")) throw error;
      return kube.list(type, rest);
    }
  }
}
