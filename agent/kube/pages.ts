import { isKind } from "./errors.ts";
import type { KubeList, LiveObject, TypeRef } from "./objects.ts";
import type { ListOptions } from "./options.ts";
import type { Kube } from "./types.ts";

/** As client-go: large enough to be few requests, small enough to keep the server's answer in its stride. */
const PAGE_SIZE = 500;

type Lister = Pick<Kube, "list">;
type Options = Omit<ListOptions, "continue">;

/**
 * Reads a list page by page, at one version, which it resolves with. Where a page's token expired (etcd was
 * compacted meanwhile) `restart` is called and all comes again in one answer, since two versions in one list could
 * miss an object or show it twice.
 */
export async function readPages(
  kube: Lister,
  type: TypeRef,
  options: Options,
  reader: { page: (items: LiveObject[]) => void; restart: () => void },
): Promise<string> {
  const { limit = PAGE_SIZE, resourceVersion, resourceVersionMatch, ...rest } = options;
  const at = {
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(resourceVersionMatch === undefined ? {} : { resourceVersionMatch }),
  };
  let page = await kube.list(type, { ...rest, ...at, limit });
  for (;;) {
    reader.page(page.items);
    if (page.continue === undefined) return page.resourceVersion;
    try {
      // The token fixes the version; the server refuses both together.
      page = await kube.list(type, { ...rest, limit, continue: page.continue });
    } catch (error) {
      if (!isKind(error, "gone")) throw error;
      reader.restart();
      page = await kube.list(type, { ...rest, ...at });
    }
  }
}

/** All pages in memory. */
export async function listEverything(kube: Lister, type: TypeRef, options: Options): Promise<KubeList> {
  let items: LiveObject[] = [];
  const resourceVersion = await readPages(kube, type, options, {
    page: (more) => {
      for (const item of more) items.push(item);
    },
    restart: () => {
      items = [];
    },
  });
  return { resourceVersion, items };
}
